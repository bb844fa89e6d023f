import NIOCore

/// Asks the sentinels where the primary is. Confined to its loop.
final class SentinelLocator {
  private let address: RedisAddress
  private let sentinels: [RedisServer.Address]
  private let name: String
  private let dialer: RedisDialer
  /// The least configuration epoch that an answer needs to count.
  private var epoch: Int64 = 0
  private var primary: RedisServer.Address?

  init(_ address: RedisAddress, _ sentinels: [RedisServer.Address], name: String, over dialer: RedisDialer) {
    self.address = address
    self.sentinels = sentinels
    self.name = name
    self.dialer = dialer
  }

  /// A sentinel announced another primary: answers from before that, of sentinels that don't know it yet, don't count any more.
  func heard(of address: RedisServer.Address) {
    guard address != primary else { return }
    primary = address
    epoch += 1
  }

  /// Asks all at once; tells once. See `RedisLink.Locate`.
  func locate(_ found: @escaping (Result<RedisServer, RedisLink.Unknown>) -> Void) {
    let asked = epoch
    var poll = SentinelPoll(sentinels: sentinels.count, epoch: asked)
    for sentinel in sentinels {
      let questions = SentinelPoll.Answer.questions(about: name)
      RedisProbe.ask(address.sentinel(at: sentinel), questions, over: dialer) { result in
        let outcome =
          switch self.read(result, of: sentinel) {
          case .success(let answer): poll.answered(answer)
          case .failure(let unknown): poll.failed(unknown.reason)
          }
        self.report(outcome, asked: asked, to: found)
      }
    }
  }

  /// `asked`: the epoch that counted when the sentinels were asked.
  private func report(
    _ outcome: SentinelPoll.Outcome, asked: Int64, to found: (Result<RedisServer, RedisLink.Unknown>) -> Void
  ) {
    switch outcome {
    case .wait: break
    case .primary(let answer) where asked < epoch && answer.epoch < epoch:
      found(.failure(RedisLink.Unknown(reason: "another primary was announced meanwhile")))
    case .primary(let answer):
      epoch = answer.epoch
      primary = answer.address
      found(.success(address.server(at: answer.address)))
    case .unknown(let reason): found(.failure(RedisLink.Unknown(reason: reason)))
    }
  }

  private func read(
    _ result: Result<[Reply], RedisProbe.Failure>, of sentinel: RedisServer.Address
  ) -> Result<SentinelPoll.Answer, RedisLink.Unknown> {
    let reason: String
    switch result {
    case .success(let replies):
      if let answer = SentinelPoll.Answer(replies) { return .success(answer) }
      reason = replies.last.map(said) ?? "it gave no answer"
    case .failure(let failure): reason = failure.reason
    }
    return .failure(RedisLink.Unknown(reason: "sentinel \(sentinel): \(reason)"))
  }

  private func said(_ reply: Reply) -> String {
    switch reply {
    case .error(.other(let text)) where text.hasPrefix("ERR No such master"):
      "it knows no primary named \(name): correct the name in the URL"
    case .error(.denied(let text)), .error(.other(let text)): text
    default: "it gave no address of \(name)"
    }
  }
}

extension RedisAddress {
  /// A sentinel has no databases.
  func sentinel(at address: RedisServer.Address) -> RedisServer {
    RedisServer(address, user: user, password: password)
  }
}
