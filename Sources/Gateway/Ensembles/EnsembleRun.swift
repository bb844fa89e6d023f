import Dialects
import Policy
import Settings
import Telemetry

/// One exchange of an ensemble: the calls that were made for it, and what decided. Confined to its worker's loop.
// @unchecked Sendable: its calls' tasks and its exchange's run on the loop of the worker that made it; the compiler sees tasks that could
// run anywhere.
final class EnsembleRun: @unchecked Sendable {
  /// What decided. The raw values are labels of metrics, and stand in the access log.
  enum End: String {
    // Of a cascade.
    /// An answer would do.
    case accepted
    /// The last model's answer, which nobody checks.
    case escalated
    /// No later model had an answer, so that one is sent that would not do.
    case rejected
    // Of a vote.
    case quorum, plurality, tie, medoid
    // Of best_of.
    case judged
    /// No judge was heard: the first.
    case unjudged
    // Of all.
    /// Nobody else had an answer that could be sent.
    case only
    /// The ensemble's time was up.
    case deadline
    /// There is no answer.
    case failed

    init(_ way: VoteTally.Way) {
      self =
        switch way {
        case .quorum: .quorum
        case .plurality: .plurality
        case .tie: .tie
        case .medoid: .medoid
        case .only: .only
        }
    }
  }

  let lineUp: LineUp
  let request: PeekedRequest
  let body: PaddedBytes
  let principal: Principal
  /// Monotonic nanoseconds.
  let startedAt: Int64
  /// Nil: it has the exchange's time.
  let deadline: Int64?
  /// All calls, judges' too, in the order in which they began.
  private(set) var branches: [Branch] = []
  private(set) var end = End.failed
  /// The one whose answer is sent, once that is decided.
  private(set) var served: Branch?
  /// What all others took.
  var beside = Demand.nothing

  init(
    _ lineUp: LineUp, _ request: PeekedRequest, _ body: PaddedBytes, _ principal: Principal, now: Int64
  ) {
    (self.lineUp, self.request, self.body, self.principal) = (lineUp, request, body, principal)
    startedAt = now
    deadline = lineUp.ensemble.deadline.map { now + $0 }
  }

  /// The number of the next call.
  var nextNumber: Int { branches.count + 1 }

  func add(_ branch: Branch) { branches.append(branch) }

  func isLate(now: Int64) -> Bool { deadline.map { now >= $0 } ?? false }

  /// Says what decided.
  func decide(_ branch: Branch, _ end: End) -> Branch {
    (self.end, served) = (end, branch)
    return branch
  }

  /// Where there is nothing to decide between: the first answer, else what the first has come to, as it would have alone.
  func decideWithoutChoice(_ branches: [Branch]) -> Branch {
    if let answer = branches.first(where: \.hasAnswer) { return decide(answer, .only) }
    // The first has ended, unless an answer that made the others needless broke off since.
    return decide(branches.first { $0.end != nil } ?? branches[0], .failed)
  }

  func clientGone() {
    for branch in branches where branch.end == nil { branch.exchange.clientGone() }
  }

  /// The line is of all its calls together.
  func note(in record: inout AccessLogRecord) {
    guard served != nil else { return }
    (record.ensemble, record.ensembleEnd) = (lineUp.ensemble.name, end.rawValue)
    func sum(_ own: Int64?, _ others: Int64) -> Int64? { others > 0 ? (own ?? 0) + others : own }
    record.inputTokens = sum(record.inputTokens, beside.inputTokens)
    record.outputTokens = sum(record.outputTokens, beside.outputTokens)
    record.costMicrodollars = sum(record.costMicrodollars, beside.microdollars)
  }

  /// `frugal; kind=cascade; model=2; of=2; why=escalated`: which of the models was sent, of how many that might have been.
  var words: String {
    let (ensemble, place) = (lineUp.ensemble, served?.place ?? 0)
    return "\(ensemble.name); kind=\(ensemble.kind.rawValue); model=\(place + 1); of=\(lineUp.models.count);"
      + " why=\(end.rawValue)"
  }
}
