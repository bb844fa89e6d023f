import NIOConcurrencyHelpers
package import Policy

/// Takes and settles the charges of exchanges: in the shared state while it answers, else from this replica's share.
///
/// One per worker, confined to its loop. All groups of an exchange are asked in one flush; if one says no, what the others gave is
/// given back. Nothing waits for a shared state that is away.
package final class Limiter {
  package enum Answer: Sendable {
    /// Let through: for the exchange, and for the attempt, where either is limited.
    case admitted(Grant?, attempt: Grant?)
    /// The exchange is not let through; nothing is taken.
    case refused(Refusal)
    /// The exchange is, its attempt at this deployment is not.
    case attemptRefused(Grant?, Refusal)
  }

  /// How an answer came about, for whoever counts.
  package enum Way: String, CaseIterable, Sendable {
    case shared, local
    /// From what was charged ahead.
    case leased
    /// Remembered from a moment ago.
    case memo
  }

  let state: any SharedState
  let replica: ReplicaState
  private let count: (Way, _ limit: Limit?) -> Void
  var charges = Charges()
  var memo = RefusalMemo()
  /// Nil where the shared state is this process: nothing is nearer.
  var leases: LeaseBook?
  /// What the shared state last said is left, by key.
  private(set) var left: [String: Int64] = [:]
  /// Settlements and debts that the shared state has not taken yet.
  var unsettled: [Unsettled] = []
  /// Those that were lost because there were too many.
  package internal(set) var lostSettlements = 0

  enum Unsettled {
    case settling(Settling, Reserved)
    case debt(Admission)
  }

  /// What a settlement puts something else in the place of.
  struct Reserved {
    var admission: Admission
    var expiry: Grant.Expiry
  }

  private static let mostKeys = 10_000

  /// `count` is told of each answer; the limit where it was a refusal.
  package init(
    _ state: any SharedState, _ replica: ReplicaState, leases terms: LeaseTerms? = nil,
    count: @escaping (Way, _ limit: Limit?) -> Void
  ) {
    self.state = state
    self.replica = replica
    self.count = count
    leases = terms.map { LeaseBook($0, owner: replica.name, workers: replica.workers) }
  }

  /// The shared state's clock, in milliseconds since 1970.
  package var now: Int64 { state.now }

  // MARK: Admitting

  /// What an exchange asks for: its own groups, and those of its next attempt.
  package struct Ask {
    package var exchange: [LimitGroup]
    package var attempt: [LimitGroup]
    package var demand: Demand
    /// Milliseconds that the exchange may take, and some more.
    package var lifetime: Int64

    package init(exchange: [LimitGroup], attempt: [LimitGroup], demand: Demand, lifetime: Int64) {
      self.exchange = exchange
      self.attempt = attempt
      self.demand = demand
      self.lifetime = lifetime
    }

    fileprivate var groups: [LimitGroup] { exchange + attempt }
  }

  /// An ask on its way.
  private final class Asking {
    let ask: Ask
    let groups: [LimitGroup]
    let completion: (Answer) -> Void
    var admissions: [Admission] = []
    var replies: [Result<Admission.Reply, StateFailure>]
    /// Where each reply is from, but for those that are decided here.
    var sources: [Grant.Source]
    var open = 0
    /// It was asked anew, as a budget's window had changed.
    var isSecond = false

    init(_ ask: Ask, _ completion: @escaping (Answer) -> Void) {
      self.ask = ask
      self.completion = completion
      groups = ask.groups
      replies = Array(repeating: .failure(.unavailable), count: groups.count)
      sources = Array(repeating: .shared, count: groups.count)
    }
  }

  /// The answer comes before this returns, or later: true is returned where it will most likely let through then, by what is known.
  @discardableResult
  package func admit(_ ask: Ask, _ completion: @escaping (Answer) -> Void) -> Bool {
    let asking = Asking(ask, completion)
    prepare(asking)
    if let refusal = remembered(asking.groups[..<ask.exchange.count], asking.admissions) {
      count(.memo, refusal.limit)
      completion(.refused(refusal))
      return false
    }
    let hasRoom = asking.admissions.allSatisfy { $0.charges.allSatisfy(hasRoom(for:)) }
    send(asking)
    return hasRoom
  }

  /// Whether a limit had so much left that it takes many others to spend it meanwhile.
  private func hasRoom(for charge: Charge) -> Bool {
    guard let left = left[charge.key] else { return false }
    return left >= Self.much && left / Self.much >= charge.cost
  }

  private static let much: Int64 = 32

  /// Whether the groups of an attempt were refused as much a moment ago, so that there is no use in asking.
  package func refusal(of groups: [LimitGroup], _ demand: Demand) -> Refusal? {
    guard !memo.isEmpty else { return nil }
    let now = state.now
    let refusal = remembered(
      groups[...],
      groups.map {
        Admission(
          id: "", reservation: "", owner: "", lifetime: 0,
          charges: charges.charges($0.limits, demand, now: now))
      })
    if let refusal { count(.memo, refusal.limit) }
    return refusal
  }

  private func prepare(_ asking: Asking) {
    let id = replica.makeID()
    let now = state.now
    asking.admissions = asking.groups.map { group in
      Admission(
        id: id, reservation: "\(group.prefix):res:\(id)", owner: replica.name,
        lifetime: asking.ask.lifetime,
        charges: charges.charges(group.limits, asking.ask.demand, now: now))
    }
  }

  private func remembered(_ groups: ArraySlice<LimitGroup>, _ admissions: [Admission]) -> Refusal? {
    guard !memo.isEmpty else { return nil }
    let now = replica.clock.monotonic
    for (group, admission) in zip(groups, admissions) {
      for (limit, charge) in zip(group.limits, admission.charges) {
        guard let (wait, left) = memo.refusal(of: charge, now: now) else { continue }
        return Refusal(limit: limit, wait: wait, left: left, isClosed: false, isLocal: false)
      }
    }
    return nil
  }

  private func send(_ asking: Asking) {
    let asked = asking.groups.indices.filter { place in
      guard let (lease, left) = takeLeased(asking.groups[place], asking.admissions[place]) else {
        return true
      }
      asking.replies[place] = .success(.admitted(left: left))
      asking.sources[place] = .lease(lease)
      return false
    }
    guard !asked.isEmpty, state.isAvailable else { return conclude(asking) }
    asking.open = asked.count
    for place in asked {
      state.admit(asking.admissions[place]) { [self] reply in
        asking.replies[place] = reply
        asking.open -= 1
        if asking.open == 0 { conclude(asking) }
      }
    }
    state.flush()
  }

  /// What some of the groups came to together.
  private struct Outcome {
    var parts: [Grant.Part] = []
    var refusal: Refusal?
  }

  /// Every group has been answered, or can't be.
  private func conclude(_ asking: Asking) {
    if !asking.isSecond, let now = asking.replies.lazy.compactMap(\.otherWindow).first {
      return askAnew(asking, now)
    }
    let border = asking.ask.exchange.count
    let exchange = outcome(asking, 0..<border)
    let attempt = outcome(asking, border..<asking.groups.count)
    if let refusal = exchange.refusal {
      give(back: exchange.parts + attempt.parts)
      count(refusal.isLocal ? .local : .shared, refusal.limit)
      return asking.completion(.refused(refusal))
    }
    let grant = exchange.parts.isEmpty ? nil : take(exchange.parts)
    if let refusal = attempt.refusal {
      give(back: attempt.parts)
      count(refusal.isLocal ? .local : .shared, refusal.limit)
      return asking.completion(.attemptRefused(grant, refusal))
    }
    asking.completion(.admitted(grant, attempt: attempt.parts.isEmpty ? nil : take(attempt.parts)))
  }

  /// A budget's window was over by Redis' clock, which is known better now.
  private func askAnew(_ asking: Asking, _ now: Int64) {
    replica.clock.set(now)
    let taken = asking.groups.indices.filter {
      if case .success(.admitted) = asking.replies[$0] { true } else { false }
    }
    give(
      back: taken.map {
        .init(
          group: asking.groups[$0], admission: asking.admissions[$0], source: asking.sources[$0],
          expiry: .never, left: [])
      })
    for (reply, admission) in zip(asking.replies, asking.admissions) where reply.mayHaveHappened {
      giveBackLater(admission)
    }
    asking.isSecond = true
    asking.replies = asking.replies.map { _ in .failure(.unavailable) }
    asking.sources = asking.sources.map { _ in .shared }
    prepare(asking)
    send(asking)
  }

  private func outcome(_ asking: Asking, _ places: Range<Int>) -> Outcome {
    var outcome = Outcome()
    for place in places {
      let (group, admission) = (asking.groups[place], asking.admissions[place])
      let expiry = Grant.Expiry(
        monotonic: replica.clock.monotonic + admission.lifetime, shared: state.now + admission.lifetime)
      switch asking.replies[place] {
      case .success(.admitted(let left)):
        let source = asking.sources[place]
        if source == .shared { note(left, group, admission) }
        outcome.parts.append(
          .init(group: group, admission: admission, source: source, expiry: expiry, left: left))
      case .success(.repeated):
        outcome.parts.append(
          .init(group: group, admission: admission, source: .shared, expiry: expiry, left: []))
      case .success(.refused(let charge, let wait, let left)):
        noteLevel(left, of: group.limits[charge], admission.charges[charge])
        memo.note(
          admission.charges[charge], wait: wait, left: left, now: replica.clock.monotonic)
        outcome.refusal = later(
          outcome.refusal,
          Refusal(limit: group.limits[charge], wait: wait, left: left, isClosed: false, isLocal: false))
      case .success(.otherWindow), .failure:
        if asking.replies[place].mayHaveHappened { giveBackLater(admission) }
        let (part, refusal) = admitLocally(group, admission)
        if let part { outcome.parts.append(part) }
        if let refusal { outcome.refusal = later(outcome.refusal, refusal) }
      }
    }
    return outcome
  }

  private func take(_ parts: [Grant.Part]) -> Grant {
    for part in parts { takeSlots(part.admission) }
    let grant = Grant(parts)
    count(grant.isLocal ? .local : grant.isLeased ? .leased : .shared, nil)
    return grant
  }

  /// The refusal that lasts longer.
  private func later(_ one: Refusal?, _ other: Refusal) -> Refusal {
    guard let one, let wait = one.wait, !one.isClosed else { return one ?? other }
    return other.wait.map { $0 <= wait } ?? false ? one : other
  }

  private func note(_ left: [Int64], _ group: LimitGroup, _ admission: Admission) {
    leases?.note(group, left: left)
    for ((limit, charge), left) in zip(zip(group.limits, admission.charges), left) {
      note(left, of: charge.key)
      noteLevel(left, of: limit, charge)
    }
  }

  func note(_ left: Int64, of key: String) {
    if self.left.count >= Self.mostKeys { self.left.removeAll() }
    self.left[key] = left
  }

  private func takeSlots(_ admission: Admission) {
    for charge in admission.charges {
      guard case .slots(let rule) = charge.rule else { continue }
      replica.held.withLockedValue { $0.take(admission.id, of: charge.key, rule) }
    }
  }

  // MARK: Without the shared state

  private func admitLocally(_ group: LimitGroup, _ admission: Admission) -> (Grant.Part?, Refusal?) {
    if let closed = group.limits.first(where: { $0.outage == .closed }) {
      return (nil, Refusal(limit: closed, wait: 1_000, left: 0, isClosed: true, isLocal: true))
    }
    replica.noteLocal()
    let replicas = replica.replicas
    let reply = replica.local.withLockedValue { local in
      let reply = local.admit(
        admission, group.limits, replicas: replicas, now: state.now, left: { left[$0] },
        held: { key in replica.held.withLockedValue { $0.count(key) } })
      // Under the same lock: no other worker is to find the same slot free.
      if case .admitted = reply { takeSlots(admission) }
      return reply
    }
    guard case .refused(let charge, let wait, let left) = reply else {
      return (.init(group: group, admission: admission, source: .local, expiry: .never, left: []), nil)
    }
    return (
      nil, Refusal(limit: group.limits[charge], wait: wait, left: left, isClosed: false, isLocal: true)
    )
  }
}

extension Result<Admission.Reply, StateFailure> {
  /// It was sent, and nobody knows what came of it.
  fileprivate var mayHaveHappened: Bool { self == .failure(.timeout) || self == .failure(.lost) }

  /// Redis' clock, where a budget's window isn't that of now.
  fileprivate var otherWindow: Int64? {
    if case .success(.otherWindow(let now)) = self { now } else { nil }
  }
}
