import Coordination
import Dialects
import Policy
import Settings

/// A copy of an exchange's request on its way to a candidate, or a question about one, or about an exchange, on its way to a judge. No client
/// sees the answer.
// @unchecked Sendable: its task runs on the loop of the worker that made it, and so does all that touches it; the compiler sees a task
// that could run anywhere.
final class ShadowCopy: @unchecked Sendable {
  /// Bytes of an answer that are compared with what the client was sent.
  static let largestText = 256 << 10
  /// Bytes of an answer behind which it is given up.
  static let largestAnswer = 8 << 20

  /// What it is for. The raw value is its arm: in the access log, and for its provider.
  enum Errand: String { case answer = "shadow", judgement = "judge", audit }

  let errand: Errand
  let seed: ShadowSeed
  let snapshot: Snapshot
  /// Milliseconds since 1970 at which the exchange began.
  let beganAt: Int64
  let subject: EvidenceDesk.Subject
  /// What the exchange says of the baseline.
  let baseline: RolloutTally.Sample
  let unit: UInt64
  let tenant: String
  let caller: UInt64
  /// The deployments that may see it; nil: all.
  let permitted: DeploymentSet?
  let requestID: String
  let client: String
  /// Headers that its dialect has, as the client has sent them.
  let dialectLines: [String]

  // From its begin on.
  private(set) var attempt: Attempt?
  private(set) var startedAt: Int64 = 0
  private var deadline: Int64 = .max
  /// Micro-dollars that were set aside for it.
  var reserved: Int64 = 0
  /// What it took of its deployment's limits and its credential's.
  var grant: Grant?
  /// Monotonic nanoseconds of its first content.
  var firstAt: Int64?

  /// Nil for an exchange that is evidence of nothing.
  init?(_ seed: ShadowSeed, _ exchange: Exchange, _ baseline: RolloutTally.Sample, caller: UInt64) {
    guard let arm = exchange.arm, let version = arm.candidate, let model = exchange.model else { return nil }
    errand = .answer
    (self.seed, snapshot, self.baseline) = (seed, exchange.snapshot, baseline)
    subject = EvidenceDesk.Subject(model: exchange.snapshot.models[model].name, version: version)
    (unit, tenant, self.caller) = (arm.unit, exchange.principal?.tenant ?? "", caller)
    (requestID, client) = (exchange.id, exchange.connection.remoteAddress)
    dialectLines = exchange.head.dialectLines(seed.surface.dialect)
    beganAt = exchange.beganAt
    permitted = exchange.permitted
  }

  /// A question about what a copy came to. It is paid for by the same budget.
  init(_ question: ShadowSeed, about copy: ShadowCopy) {
    errand = .judgement
    (seed, snapshot, baseline) = (question, copy.snapshot, copy.baseline)
    (subject, unit, tenant, caller) = (copy.subject, copy.unit, copy.tenant, copy.caller)
    (requestID, client, dialectLines, beganAt) = (copy.requestID, copy.client, [], copy.beganAt)
    permitted = copy.permitted
  }

  /// A question of what an exchange's request was: evidence of no version, and paid for by no budget of copies.
  init(_ question: ShadowSeed, auditing exchange: Exchange, caller: UInt64) {
    errand = .audit
    (seed, snapshot, baseline) = (question, exchange.snapshot, RolloutTally.Sample(.baseline))
    subject = EvidenceDesk.Subject(model: exchange.snapshot.models[question.position].name, version: 0)
    (unit, tenant, self.caller) = (0, exchange.principal?.tenant ?? "", caller)
    (requestID, client, dialectLines) = (exchange.id, exchange.connection.remoteAddress, [])
    (beganAt, permitted) = (exchange.beganAt, exchange.permitted)
  }

  /// The model that it is sent to; the same for all of its versions.
  var model: String { snapshot.models[seed.position].name }

  /// Nanoseconds.
  var timeout: Int64 {
    errand == .audit ? 60_000_000_000 : snapshot.settings.rollout.shadow.timeout.nanoseconds
  }

  func begin(_ attempt: Attempt) {
    (self.attempt, startedAt) = (attempt, attempt.startedAt)
    deadline = attempt.startedAt + timeout
  }

  /// Once in a tick: whether it has gone on for too long, or too much has come.
  func check(now: Int64) {
    guard let attempt else { return }
    if now > deadline {
      attempt.abort(.deadline(isClients: false))
    } else if attempt.seenBytes > Self.largestAnswer {
      attempt.abort(.oversizedCopy)
    } else {
      attempt.check(now: now)
    }
  }
}

extension Classification {
  /// More came of an answer than is read of one that nobody sees: no fault of whoever sent it.
  fileprivate static let oversizedCopy = Classification(
    .ignore, fault: .switchyard, retry: .never, .tooLarge)
}
