import NIOConcurrencyHelpers
package import Policy

/// What limits would answer, as far as one worker knows: the same rules as an admission's, on copies. Nothing is taken.
package struct LimitOutlook: Sendable {
  /// What would decide.
  package enum Basis: String, Sendable {
    case shared
    /// This replica's share, as the shared state is away.
    case local
    /// What was charged ahead.
    case leased
    /// A refusal of a moment ago, which holds for a quarter of a second.
    case memo
    /// The shared state did not answer, or there is no replica to ask.
    case unknown
  }

  package struct Line: Sendable {
    package var limit: Limit
    package var cost: Int64
    /// What is left before the request; nil where that isn't known.
    package var left: Int64?
    /// Whether it has room; nil where that isn't known.
    package var hasRoom: Bool?
  }

  package struct Answer: Sendable {
    package var lines: [Line]
    package var refusal: Refusal?
    package var basis: Basis
  }

  private let limits: Limits?

  /// Offline: of no limit it is known how it stands.
  package init() { limits = nil }

  fileprivate init(_ limits: Limits) { self.limits = limits }

  /// What one group would answer.
  package func answer(of group: LimitGroup, _ demand: Demand) -> Answer {
    guard let limits else {
      return Answer(
        lines: group.limits.map { Line(limit: $0, cost: demand.amount(of: $0.measure)) }, basis: .unknown)
    }
    return limits.answer(of: group, demand)
  }
}

/// Copies of what a worker decides by.
private struct Limits: Sendable {
  var stored: LimitStore?
  var memo: RefusalMemo
  var leases: LeaseBook?
  var local: LocalLimits
  var held: HeldSlots
  var left: [String: Int64]
  var isAvailable: Bool
  var replicas: Int
  /// The shared state's milliseconds, and the replica's.
  var now: Int64
  var monotonic: Int64

  func answer(of group: LimitGroup, _ demand: Demand) -> LimitOutlook.Answer {
    var charges = Charges()
    let asked = charges.charges(group.limits, demand, now: now)
    var answer = LimitOutlook.Answer(lines: [], refusal: nil, basis: .shared)
    answer.lines = zip(group.limits, asked).map { limit, charge in
      let look = stored?.look(charge, now: now)
      return .init(limit: limit, cost: charge.cost, left: look?.left, hasRoom: look.map { $0.wait == 0 })
    }
    if let refusal = remembered(group, asked) {
      (answer.refusal, answer.basis) = (refusal, .memo)
    } else if isLeased(group, asked) {
      answer.basis = .leased
    } else if !isAvailable {
      (answer.refusal, answer.basis) = (refusalHere(group, asked), .local)
    } else {
      decide(by: stored, group, asked, &answer)
    }
    return answer
  }

  private func remembered(_ group: LimitGroup, _ charges: [Charge]) -> Refusal? {
    var memo = memo
    for (limit, charge) in zip(group.limits, charges) {
      guard let (wait, left) = memo.refusal(of: charge, now: monotonic) else { continue }
      return Refusal(limit: limit, wait: wait, left: left, isClosed: false, isLocal: false)
    }
    return nil
  }

  private func isLeased(_ group: LimitGroup, _ charges: [Charge]) -> Bool {
    guard isAvailable || !group.limits.contains(where: { $0.outage == .closed }) else { return false }
    var leases = leases
    return leases?.take(group, charges, now: monotonic) != nil
  }

  private func refusalHere(_ group: LimitGroup, _ charges: [Charge]) -> Refusal? {
    if let closed = group.limits.first(where: { $0.outage == .closed }) {
      return Refusal(limit: closed, wait: 1_000, left: 0, isClosed: true, isLocal: true)
    }
    var local = local
    let reply = local.admit(
      Self.admission(charges), group.limits, replicas: replicas, now: now, left: { left[$0] },
      held: { held.count($0) })
    return Self.refusal(reply, group, isLocal: true)
  }

  private func decide(
    by stored: LimitStore?, _ group: LimitGroup, _ charges: [Charge], _ answer: inout LimitOutlook.Answer
  ) {
    guard var copy = stored else {
      answer.basis = .unknown
      return
    }
    answer.refusal = Self.refusal(copy.admit(Self.admission(charges), now: now), group, isLocal: false)
  }

  private static func admission(_ charges: [Charge]) -> Admission {
    Admission(id: "", reservation: "", owner: "", lifetime: 1, charges: charges)
  }

  private static func refusal(_ reply: Admission.Reply, _ group: LimitGroup, isLocal: Bool) -> Refusal? {
    guard case .refused(let charge, let wait, let left) = reply else { return nil }
    return Refusal(limit: group.limits[charge], wait: wait, left: left, isClosed: false, isLocal: isLocal)
  }
}

extension Limiter {
  /// How these groups stand. Reads the shared state, and changes nothing there or here.
  package func outlook(
    of groups: [LimitGroup], _ reader: any LimitReading, _ completion: @escaping (LimitOutlook) -> Void
  ) {
    var charges = Charges()
    var asked: [String: Charge] = [:]
    for group in groups {
      for charge in charges.charges(group.limits, .nothing, now: state.now) { asked[charge.key] = charge }
    }
    reader.read(Array(asked.values)) { [self] result in
      completion(
        LimitOutlook(
          Limits(
            stored: (try? result.get()).map { LimitStore($0) }, memo: memo, leases: leases,
            local: replica.local.withLockedValue { $0 }, held: replica.held.withLockedValue { $0 },
            left: left, isAvailable: state.isAvailable, replicas: replica.replicas, now: state.now,
            monotonic: replica.clock.monotonic)))
    }
  }
}
