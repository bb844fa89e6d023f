/// How far one call lets itself be sent about: to the slot's new owner once, to the importing side once, and again while a slot is on
/// its way for as long as its deadline lasts.
struct Redirections {
  /// After a reply.
  enum Step: Equatable {
    /// It is the answer.
    case deliver
    /// The slot moved: ask there, and read the map anew.
    case move(slot: Int, to: RedisServer.Address)
    /// Only this once, with `ASKING` before it.
    case ask(RedisServer.Address)
    /// The slot's owner again, after a pause.
    case again
  }

  private var hasMoved = false
  private var hasAsked = false

  /// What follows a reply of the node that was asked.
  mutating func answered(_ reply: Reply, by node: RedisServer.Address) -> Step {
    guard case .error(let error) = reply else { return .deliver }
    switch error {
    case .moved(let slot, let text):
      guard !hasMoved, let address = RedisServer.Address(redirection: text, from: node) else {
        return .deliver
      }
      hasMoved = true
      return .move(slot: slot, to: address)
    case .ask(_, let text):
      guard !hasAsked, let address = RedisServer.Address(redirection: text, from: node) else {
        return .deliver
      }
      hasAsked = true
      return .ask(address)
    case .tryAgain:
      hasAsked = false
      return .again
    default: return .deliver
    }
  }
}
