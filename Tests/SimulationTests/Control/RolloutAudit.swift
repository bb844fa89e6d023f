import Policy

/// Watches each step of what one Redis keeps of rollouts: invariants I6 and I7 of algorithms §10, as Redis sees them. It judges by what was
/// answered before, not by what is stored.
final class RolloutAudit {
  struct Moment {
    var before: ControlStore
    var after: ControlStore
    /// Redis' clock.
    var now: Int64
  }

  typealias Check<Reply> = (RolloutAudit, Moment, Reply) -> Void

  static let model = ControlModel("chat")

  private let world: World
  let chronicle: RolloutChronicle
  private let fail: (String) -> Void
  /// Replicas that stand still, clocks that jump and a Redis that forgets have leaders find out too late that they lead no more.
  private let mayBeFenced: Bool
  /// How good a version really is.
  private let isGood: (Int) -> Bool
  private let isWorse: (_ version: Int, _ active: Int?) -> Bool

  /// The last leadership that was given, and until when by Redis' clock.
  private var tenure: (leader: ControlLeader, until: Int64)?
  private(set) var position = ControlPosition.none
  private(set) var hash = ""
  /// When it was written, in the world's milliseconds.
  private(set) var positionAt: Int64 = 0
  private(set) var state = RolloutState()
  /// When each version was rolled back, in the world's milliseconds: it never comes back.
  private var rolledBack: [Int: Int64] = [:]
  /// Those of them that Redis has forgotten, and that all who may lead know.
  private var remembered: Set<Int> = []
  /// Since when a version is exposed no more, or vetoed.
  private var stopped: [Int: Int64] = [:]
  private var vetoedAt: [Int: Int64] = [:]

  init(
    _ world: World, _ chronicle: RolloutChronicle, mayBeFenced: Bool, isGood: @escaping (Int) -> Bool,
    isWorse: @escaping (Int, Int?) -> Bool, fail: @escaping (String) -> Void
  ) {
    (self.world, self.chronicle, self.mayBeFenced) = (world, chronicle, mayBeFenced)
    (self.isGood, self.isWorse, self.fail) = (isGood, isWorse, fail)
  }

  // MARK: What is known

  /// Milliseconds for which a version must not get anything; nil: it may.
  func timeStopped(_ version: Int) -> Int64? {
    let times = [stopped[version], vetoedAt[version]].compactMap { $0.map { world.now - $0 } }
    return times.max()
  }

  /// Milliseconds for which the candidate has been vetoed; nil: it isn't.
  var timeVetoed: Int64? { state.candidate.flatMap { vetoedAt[$0.version] }.map { world.now - $0 } }

  func isLed(now: Int64) -> Bool { tenure.map { isOn($0.until, now) } ?? false }

  private func leads(_ leader: ControlLeader, _ now: Int64) -> Bool {
    tenure.map { $0.leader == leader && isOn($0.until, now) } ?? false
  }

  /// What lies further ahead was written before the clock went back.
  private func isOn(_ until: Int64, _ now: Int64) -> Bool {
    until > now && until - now <= ControlSimulation.term + ControlLease.tolerance
  }

  // MARK: What happens to Redis

  /// Set by whoever knows all replicas: whether each has seen what was written then, and will.
  var isKnownToAll: (_ since: Int64) -> Bool = { _ in false }

  func hasForgotten(_ store: ControlStore, now: Int64) {
    tenure = store.lease(now).map { lease in
      (
        leader: ControlLeader(id: lease.id, epoch: lease.epoch), until: lease.span == 0 ? 0 : lease.until
      )
    }
    let config = store.config(now)
    (position, hash) = (config?.position ?? .none, config?.hash ?? "")
    positionAt = world.now
    state = Self.rollout(config)
    rolledBack = rolledBack.filter { state.rolledBack.contains($0.key) || isKnownToAll($0.value) }
    for version in state.rolledBack where rolledBack[version] == nil { rolledBack[version] = world.now }
    remembered = Set(rolledBack.keys).subtracting(state.rolledBack)
    expose()
    let vetoed = store.vetoes(now: now).vetoed
    vetoedAt = vetoedAt.filter { vetoed.contains(Self.version($0.key)) }
    for version in vetoed where vetoedAt[Int(version.version)] == nil {
      vetoedAt[Int(version.version)] = world.now
    }
  }

  /// Who begins knows nothing but what Redis has: it may be the one who leads.
  func replicaBegins() {
    for version in remembered { rolledBack[version] = nil }
    remembered = []
  }

  func clockChanged(by time: Int64) { chronicle.clockChanged(by: time) }

  // MARK: The lease

  func took(_ id: String, for term: Int64, _ moment: Moment, _ take: ControlTake) {
    guard case .held(let epoch, _) = take else { return }
    let leader = ControlLeader(id: id, epoch: epoch)
    world.note(6, epoch)
    if let tenure, tenure.leader != leader {
      if tenure.leader.epoch >= epoch {
        fail("I6: epoch \(epoch) of \(id) comes behind \(tenure.leader.epoch) of \(tenure.leader.id)")
      }
      if tenure.leader.id != id, isOn(tenure.until, moment.now) {
        fail("I6: \(id) leads, and \(tenure.leader.id) does for \(tenure.until - moment.now) ms more")
      }
    }
    if tenure?.leader != leader { chronicle.tally.leaderships += 1 }
    tenure = (leader, moment.now + term)
  }

  func released(_ leader: ControlLeader, _ moment: Moment, _ isReleased: Bool) {
    if isReleased, tenure?.leader == leader { tenure?.until = 0 }
  }

  private func guarded(_ leader: ControlLeader, _ what: String, isFenced: Bool, _ now: Int64) {
    if isFenced {
      chronicle.tally.fenced += 1
      if !mayBeFenced { fail("I6: \(leader) \(what), and knew that its lease was over") }
    } else if !leads(leader, now) {
      fail("I6: \(leader) \(what), and leads no more")
    }
  }

  func stamped(_ leader: ControlLeader, _ moment: Moment, _ reply: ControlGuarded<Int64>) {
    if case .done = reply {
      guarded(leader, "stamps", isFenced: false, moment.now)
      chronicle.stamp(at: world.now)
    } else {
      guarded(leader, "stamps", isFenced: true, moment.now)
    }
  }

  func judged(_ put: ControlJudgePut, _ moment: Moment, _ reply: ControlJudgePut.Reply) {
    if case .fenced = reply { return guarded(put.leader, "judges", isFenced: true, moment.now) }
    let before = moment.before.judge(put.model, now: moment.now)
    guard case .stored = reply, let after = moment.after.judge(put.model, now: moment.now), after != before
    else { return }
    guarded(put.leader, "judges", isFenced: false, moment.now)
    guard let before, before.version == after.version, after.second <= before.second else { return }
    if before.second * 1_000 <= moment.now + ControlLease.tolerance {
      fail("evidence of second \(after.second) is folded behind \(before.second)")
    }
  }

  func answered(_ answer: ControlAnswer, _ moment: Moment, _ reply: ControlAnswer.Reply) {
    switch reply {
    case .fenced: guarded(answer.leader, "answers", isFenced: true, moment.now)
    case .unknown: break
    case .answered:
      guarded(answer.leader, "answers", isFenced: false, moment.now)
      if let version = answer.unveto { vetoedAt[Int(version.version)] = nil }
    }
  }

  func vetoed(_ veto: ControlVeto, _ moment: Moment, _ reply: ControlVeto.Reply) {
    world.note(7, veto.version, reply.isVetoed ? 1 : 0)
    guard reply.isVetoed, vetoedAt[Int(veto.version)] == nil else { return }
    vetoedAt[Int(veto.version)] = world.now
    chronicle.tally.vetoes += 1
  }

  // MARK: The configuration

  func put(_ put: ControlPut, _ moment: Moment, _ reply: ControlPut.Reply) {
    switch reply {
    case .fenced: return guarded(put.leader, "writes", isFenced: true, moment.now)
    case .conflict: return chronicle.tally.conflicts += 1
    case .vetoed: return
    case .stored: break
    }
    let (old, new) = (moment.before.config(moment.now), moment.after.config(moment.now))
    // The same again, whose first answer was lost.
    if new == old { return }
    guard let new, new.isWhole else { return fail("I6: what \(put.leader) has written is not there") }
    guarded(put.leader, "writes", isFenced: false, moment.now)
    world.note(8, new.position.epoch, new.position.version)
    chronicle.tally.writes += 1
    check(new, after: old, put)
    let (former, next) = (Self.rollout(old), Self.rollout(new))
    // What was lost is written again as it is known: Redis has something else.
    let isAgain =
      put.audits.isEmpty
      || put.audits.contains { ControlAudit.Entry(id: "", words: $0.words)["what"] == "lost" }
    // What was rolled back at one of two primaries, and serves at the other by now, goes on serving.
    if isAgain, let active = next.active { rolledBack[active] = nil }
    check(next, moment)
    if !isAgain { follow(put, from: former, to: next) }
    (position, hash, positionAt, state) = (new.position, new.hash, world.now, next)
    for version in next.rolledBack where rolledBack[version] == nil {
      rolledBack[version] = world.now
      chronicle.tally.rolledBack += 1
    }
    remembered.subtract(next.rolledBack)
    expose()
  }

  private func check(_ new: ControlConfig, after old: ControlConfig?, _ put: ControlPut) {
    if let old {
      if new.position.version <= old.position.version || new.position.epoch < old.position.epoch {
        fail("I6: \(new.position) comes behind \(old.position)")
      }
    }
    if !chronicle.isFirst(new.hash, as: new.position.version, by: put.leader) {
      fail("I6: \(put.leader) has written two configurations as \(new.position)")
    }
    if let model = Self.model, let line = new.lines[model], RolloutState(text: line) == nil {
      fail("I7: '\(line)' makes no sense")
    }
  }

  private func check(_ next: RolloutState, _ moment: Moment) {
    for version in rolledBack.keys.sorted() where next.stage(of: version) != .rolledBack {
      fail("I7: version \(version) was rolled back, and is \(next.stage(of: version).rawValue)")
    }
    guard let candidate = next.candidate, candidate.weight > .zero else { return }
    if moment.before.vetoes(now: moment.now).vetoed.contains(Self.version(candidate.version)) {
      fail("I7: version \(candidate.version) is vetoed, and has \(candidate.weight) %")
    }
  }

  /// Each change is in the audit, along an edge that there is; only who served before is deprecated without a word.
  private func follow(_ put: ControlPut, from former: RolloutState, to next: RolloutState) {
    var stages: [Int: RolloutState.Stage] = [:]
    for line in put.audits {
      let entry = ControlAudit.Entry(id: "", words: line.words)
      guard let version = entry["version"].flatMap({ Int($0) }),
        let from = entry["from"].flatMap(RolloutState.Stage.init(rawValue:)), let what = entry["what"],
        let to = entry["to"].flatMap(RolloutState.Stage.init(rawValue:))
      else { continue }
      let stage = stages[version] ?? former.stage(of: version)
      if from != stage || !Self.mayBecome(from, to) {
        fail("I7: version \(version) is \(stage.rawValue), and goes from \(from.rawValue) to \(to.rawValue)")
      }
      stages[version] = to
      count(what, version, by: entry["by"], from, to, beside: former.active)
    }
    for version in ControlSimulation.versions {
      let (stage, end) = (stages[version] ?? former.stage(of: version), next.stage(of: version))
      if stage != end, !(stage == .active && end == .deprecated) {
        fail("I7: version \(version) is \(stage.rawValue), then \(end.rawValue), and nobody says so")
      }
    }
  }

  private func count(
    _ what: String, _ version: Int, by person: String?, _ from: RolloutState.Stage, _ to: RolloutState.Stage,
    beside active: Int?
  ) {
    if what == "start" { chronicle.tally.started += 1 }
    if to == .active, from != .active { chronicle.tally.served += 1 }
    guard person == "controller" else { return }
    if what == "rollback", isGood(version) { chronicle.tally.falseAlarms += 1 }
    if to == .active, from != .active, isWorse(version, active) {
      fail("version \(version) is promoted by the controller, and has been worse from its start")
    }
  }

  /// By force from SHADOW, too; and from STAGING past it.
  private static func mayBecome(_ from: RolloutState.Stage, _ to: RolloutState.Stage) -> Bool {
    switch (from, to) {
    case (.staging, .shadow), (.staging, .canary), (.shadow, .canary), (.shadow, .active),
      (.canary, .active), (.active, .deprecated), (.shadow, .rolledBack), (.canary, .rolledBack):
      true
    default: from == to
    }
  }

  /// What is exposed now, and what is no more.
  private func expose() {
    let now = state.candidate.flatMap { $0.weight > .zero ? $0.version : nil }
    for version in chronicle.exposed where version != now && stopped[version] == nil {
      stopped[version] = world.now
    }
    guard let now else { return }
    stopped[now] = nil
    chronicle.expose(now)
  }

  private static func rollout(_ config: ControlConfig?) -> RolloutState {
    guard let model, let line = config?.lines[model] else { return RolloutState() }
    return RolloutState(text: line) ?? RolloutState()
  }

  private static func version(_ number: Int) -> ControlVetoes.Version {
    guard let model else { preconditionFailure("'chat' is a name") }
    return ControlVetoes.Version(model, Int64(number))
  }
}
