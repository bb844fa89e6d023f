/// What a replica makes of the configurations that it is told: none is ever applied that isn't higher than the one before.
package struct ControlFollower: Equatable, Sendable {
  package private(set) var position = ControlPosition.none
  package private(set) var hash = ""
  /// Configurations that were told and not taken, each counted once.
  package private(set) var refusals: Int64 = 0
  private var refused: Refused?

  private struct Refused: Equatable, Sendable {
    var position: ControlPosition
    var hash: String
  }

  package init() {}

  /// The configuration to apply; nil where there is none, or it is none to be applied: a lower one, another of the same position, or one
  /// that was changed by hand.
  package mutating func hear(_ change: ControlSync.Reply.Change) -> ControlConfig? {
    guard case .config(let config) = change else { return nil }
    if config.position == position, config.hash == hash { return nil }
    guard config.position > position, config.isWhole else {
      refuse(config)
      return nil
    }
    (position, hash, refused) = (config.position, config.hash, nil)
    return config
  }

  private mutating func refuse(_ config: ControlConfig) {
    let this = Refused(position: config.position, hash: config.hash)
    if refused != this { refusals += 1 }
    refused = this
  }
}
