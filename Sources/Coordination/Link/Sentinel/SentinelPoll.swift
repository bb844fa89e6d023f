/// One round of asking the sentinels where the primary is: which answer counts.
///
/// The answer of the highest configuration epoch wins, once most have answered: a single sentinel may have slept through a failover.
/// Answers of an epoch before one already seen don't count, unless no other comes: then the sentinels were made anew.
struct SentinelPoll {
  struct Answer: Equatable, Sendable {
    var address: RedisServer.Address
    var epoch: Int64
  }

  /// After an answer, or the lack of one.
  enum Outcome: Equatable { case wait, primary(Answer), unknown(reason: String) }

  private let sentinels: Int
  private let epoch: Int64
  private var answers: [Answer] = []
  private var failures: [String] = []
  private var isOver = false

  /// How many are asked, and the highest epoch that was seen before.
  init(sentinels: Int, epoch: Int64) {
    self.sentinels = sentinels
    self.epoch = epoch
  }

  mutating func answered(_ answer: Answer) -> Outcome {
    answers.append(answer)
    return outcome()
  }

  mutating func failed(_ reason: String) -> Outcome {
    failures.append(reason)
    return outcome()
  }

  private mutating func outcome() -> Outcome {
    if isOver { return .wait }
    let current = answers.filter { $0.epoch >= epoch }
    let isWhole = answers.count + failures.count == sentinels
    guard isWhole || current.count * 2 > sentinels else { return .wait }
    isOver = true
    let best = (current.isEmpty ? answers : current).max { $0.epoch < $1.epoch }
    return best.map(Outcome.primary) ?? .unknown(reason: failures.first ?? "there is no sentinel")
  }
}

extension SentinelPoll.Answer {
  /// What a sentinel is asked. Its state alone won't do: while it fails over, it names the old primary with the new epoch.
  static func questions(about name: String) -> [[String]] {
    [["SENTINEL", "GET-MASTER-ADDR-BY-NAME", name], ["SENTINEL", "MASTER", name]]
  }

  /// Reads the replies to the questions; nil where they are others.
  init?(_ replies: [Reply]) {
    guard replies.count == 2, case .list(let parts) = replies[0], parts.count == 2, let host = parts[0].text,
      !host.isEmpty, let port = parts[1].text.flatMap(Int.init),
      let epoch = replies[1].fields?["config-epoch"].flatMap(Int64.init)
    else { return nil }
    self.init(address: .tcp(host: host, port: port), epoch: epoch)
  }
}

/// The message of Sentinel's channel `+switch-master`: name, old host and port, new host and port.
struct SwitchedPrimary: Equatable {
  static let channel = "+switch-master"

  var name: String
  var address: RedisServer.Address

  init?(_ message: [UInt8]) {
    let words = String(decoding: message, as: UTF8.self).split(separator: " ")
    guard words.count == 5, let port = Int(words[4]) else { return nil }
    name = String(words[0])
    address = .tcp(host: String(words[3]), port: port)
  }
}
