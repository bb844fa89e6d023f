import Coordination
import Logging
import Policy

/// What a leader does in a round.
extension Controller {
  /// A new leader first looks at what is in Redis and at what every replica has applied: nothing lower is ever written.
  func settle(_ leader: ControlLeader, _ read: ControlConfig?) async {
    guard let acks = await call({ $0.readAcks($1) }) else { return }
    // Its own replica hears of things at once, the controller looks once a second: one of the two may have seen what is lost.
    watch(applied())
    let reached = acks.values.map(\.position).max() ?? .none
    highest = max(
      highest, reached.version, read?.position.version ?? 0, known?.position.version ?? 0)
    // What was changed by hand nobody goes by, as its hash does not fit: what was decided before is written again.
    let isChanged = read?.isWhole == false
    if isChanged {
      logger.warning(
        "a configuration of rollouts was changed by hand: what was decided before is written again",
        metadata: ["is_known": "\(known != nil)"])
    }
    let isForgotten = known.map { isChanged || $0.position > read?.position ?? .none } ?? false
    let newest = isForgotten ? known : read
    var lines = withoutVetoed(newest?.lines ?? [:])
    let own = lines
    if !isChanged { keepRolledBack(&lines, (isForgotten ? read : known)?.lines ?? [:]) }
    let isMerged = lines != own
    var audits: [ControlAudit] = []
    let isLost =
      newest?.isWhole == false
      || acks.values.contains { $0.isAhead(of: newest?.position ?? .none, newest?.hash ?? "") }
    if isLost {
      logger.warning(
        "a configuration of rollouts is lost: candidates are held until somebody resumes or aborts them",
        metadata: ["applied": "\(reached.epoch).\(reached.version)"])
      audits = hold(&lines)
    }
    if isForgotten || isLost || isMerged {
      guard let put = put(leader, from: read, to: lines, audits), await store(put, lines) else { return }
    } else {
      known = read
    }
    isSettled = true
  }

  /// A replica routes by what nobody here knows, a rollback perhaps: nothing is exposed until a person says so, and its step begins anew
  /// then.
  private func hold(_ lines: inout [ControlModel: String]) -> [ControlAudit] {
    var audits: [ControlAudit] = []
    for (model, line) in lines.sorted(by: { $0.key < $1.key }) {
      guard var state = RolloutState(text: line), var candidate = state.candidate else { continue }
      (candidate.weight, candidate.thresholds) = (.zero, nil)
      (candidate.hold, candidate.since) = (.paused, now)
      (state.candidate, state.revision) = (candidate, highest + 1)
      lines[model] = state.text
      let stage = state.stage(of: candidate.version).rawValue
      audits.append(
        ControlAudit([
          "what": "lost", "model": model.name, "version": "\(candidate.version)", "by": "controller",
          "from": stage, "to": stage, "why": "a replica goes by a configuration that is lost: it is held",
        ]))
    }
    return audits
  }

  /// Of a former primary and the one that counts, each may have gone on for a while: what was rolled back at either is so for ever.
  private func keepRolledBack(_ lines: inout [ControlModel: String], _ others: [ControlModel: String]) {
    for (model, line) in others {
      guard let other = RolloutState(text: line), var state = RolloutState(text: lines[model] ?? "") else {
        continue
      }
      let former = state
      state.keepRolledBack(of: other)
      if state != former { lines[model] = state.text }
    }
  }

  /// What was vetoed since gets no weight again: Redis would refuse all that is written with it.
  private func withoutVetoed(_ lines: [ControlModel: String]) -> [ControlModel: String] {
    var lines = lines
    for (model, line) in lines {
      guard var state = RolloutState(text: line), let candidate = state.candidate, candidate.weight > .zero,
        isVetoed(model, candidate.version)
      else { continue }
      state.candidate?.weight = .zero
      lines[model] = state.text
    }
    return lines
  }

  /// False where the shared state did not answer to the end.
  func lead(_ leader: ControlLeader, _ read: ControlConfig?) async -> Bool {
    let position = read?.position ?? .none
    if let known, known.position > position {
      await giveUp("the shared state has forgotten what was written")
      return true
    }
    if read?.isWhole == false {
      await giveUp("somebody has changed the configuration by hand")
      return true
    }
    if position.epoch > leader.epoch {
      await giveUp("a later leader has written")
      return true
    }
    guard let acks = await call({ $0.readAcks($1) }) else { return false }
    // It applies nothing that is lower: only a later epoch, and a look at what there is, bring all together again.
    if acks.values.contains(where: { $0.isAhead(of: position, read?.hash ?? "") }) {
      await giveUp("a replica goes by what the shared state has forgotten")
      return true
    }
    known = read ?? known
    highest = max(highest, position.version)
    await registerOwn(leader)
    guard let waiting = await call({ $0.readAsks($1) }) else { return false }
    var change = Change(lines: read?.lines ?? [:], now: now)
    for ask in waiting { await answer(ask.ask, leader, &change) }
    for (model, state) in change.states where state.candidate != nil {
      await judge(model, state, leader, &change)
    }
    await write(change, leader, read)
    await stamp(leader, change)
    return true
  }

  private func write(_ change: Change, _ leader: ControlLeader, _ read: ControlConfig?) async {
    guard !change.changed.isEmpty else { return }
    let version = highest + 1
    let lines = change.lines(version: version)
    guard
      let put = put(leader, from: read, to: lines, change.audits, change.answers),
      await store(put, lines)
    else { return }
    for model in change.changed { judges[model] = nil }
    figures.change { figures in
      for word in change.actions { figures.actions[word, default: 0] += 1 }
      if !change.answers.isEmpty { figures.asks["done", default: 0] += Int64(change.answers.count) }
    }
  }

  /// Nil where more is to be written than one call takes.
  private func put(
    _ leader: ControlLeader, from read: ControlConfig?, to lines: [ControlModel: String],
    _ audits: [ControlAudit] = [], _ answers: [ControlAnswerText] = []
  ) -> ControlPut? {
    let put = ControlPut(
      leader, from: read?.lines ?? [:], at: read?.position.version ?? 0, to: lines, version: highest + 1,
      audits: audits, answers: answers)
    if put == nil {
      tellOnce(
        "too many", "more rollouts change at once than one call can write: nothing is written",
        ["models": "\(lines.count)"])
    }
    return put
  }

  /// Whether it is in force now. Where there is no answer it may be, somewhere: its version is not used again.
  private func store(_ put: ControlPut, _ lines: [ControlModel: String]) async -> Bool {
    highest = max(highest, put.version)
    guard let reply = await call({ $0.put(put, $1) }) else { return false }
    switch reply {
    case .stored(let version):
      highest = max(highest, version)
      let position = ControlPosition(epoch: put.leader.epoch, version: version)
      known = ControlConfig(position: position, by: put.leader.id, at: now, lines: lines)
      return true
    case .conflict(let position):
      highest = max(highest, position.version)
      await giveUp("somebody else has written version \(position.version)")
    case .fenced: await giveUp("the lease is another's")
    case .vetoed(let field):
      tellOnce("vetoed \(field)", "a weight is refused: the version is vetoed", ["field": "\(field)"])
      judges = [:]
    }
    return false
  }

  /// What is exposed is so only as long as a leader says so again, who has looked at all of it in this round.
  private func stamp(_ leader: ControlLeader, _ change: Change) async {
    let exposed = change.states.filter { ($0.value.candidate?.weight ?? .zero) > .zero }
    guard !exposed.isEmpty else { return stampedAt = nil }
    guard exposed.allSatisfy({ change.judged.contains($0.key) }) else { return }
    if let stampedAt, monotonic - stampedAt < min(5_000, terms.term) { return }
    let sent = monotonic
    switch await call({ $0.stamp(leader, $1) }) {
    case .done?: stampedAt = sent
    case .fenced?: await giveUp("the lease is another's")
    case nil: break
    }
  }

  // MARK: Bundles

  /// Milliseconds after which all is registered again: a Redis that fails over may keep the lease and lose a version.
  private static let registryPeriod: Int64 = 10_000

  /// Versions that the configuration file declares.
  private func registerOwn(_ leader: ControlLeader) async {
    if let registeredAt, monotonic - registeredAt < Self.registryPeriod { return }
    for bundle in terms.bundles {
      guard let model = ControlModel(bundle.model),
        let entry = ControlBundle(
          model, version: Int64(bundle.version), text: bundle.line,
          audit: ControlAudit([
            "what": "register", "model": bundle.model, "version": "\(bundle.version)", "by": "configuration",
          ]))
      else {
        tellOnce(
          "bundle \(bundle.model) \(bundle.version)", "a bundle is too large to be registered",
          ["model": "\(bundle.model)", "version": "\(bundle.version)"])
        continue
      }
      guard let reply = await call({ $0.register(entry, $1) }) else { return }
      switch reply {
      case .registered(let isNew): if isNew { registered[model] = nil }
      case .other:
        tellOnce(
          "bundle \(bundle.model) \(bundle.version)",
          "the configuration has another version of this number than the registry: give it a new one",
          ["model": "\(bundle.model)", "version": "\(bundle.version)"])
      case .full(let most):
        tellOnce(
          "bundles of \(bundle.model)", "a model has too many versions: no more are registered",
          ["model": "\(bundle.model)", "versions": "\(most)"])
      }
    }
    registeredAt = monotonic
  }

  /// What the registry has of a version.
  func find(_ model: ControlModel, _ version: Int) async -> Registered {
    if let known = registered[model]?[version] { return .bundle(known) }
    guard let found = await call({ $0.readBundle(model, version: Int64(version), $1) }) else {
      return .unanswered
    }
    guard let text = found else { return .nothing }
    do throws(BundleError) {
      let bundle = try Bundle(line: text)
      registered[model, default: [:]][version] = bundle
      return .bundle(bundle)
    } catch {
      return .unreadable("\(error)")
    }
  }
}

/// What the registry has of a version.
enum Registered {
  case bundle(Bundle)
  case nothing
  /// It was written by another release, or by hand.
  case unreadable(String)
  /// The shared state doesn't answer: nobody knows.
  case unanswered
}

/// What a round has come to so far.
struct Change {
  private(set) var states: [ControlModel: RolloutState] = [:]
  private(set) var changed: Set<ControlModel> = []
  /// Models of whose candidate all evidence is taken in that there is by now.
  var judged: Set<ControlModel> = []
  var audits: [ControlAudit] = []
  var answers: [ControlAnswerText] = []
  /// What was done to candidates, in words.
  var actions: [String] = []
  private let lines: [ControlModel: String]
  let now: Int64

  /// Lines that can't be read stay as they are: a later release wrote them.
  init(lines: [ControlModel: String], now: Int64) {
    (self.lines, self.now) = (lines, now)
    states = lines.compactMapValues { RolloutState(text: $0) }
  }

  func isUnreadable(_ model: ControlModel) -> Bool { lines[model] != nil && states[model] == nil }

  mutating func set(_ model: ControlModel, _ state: RolloutState) {
    states[model] = state
    changed.insert(model)
  }

  mutating func note(
    _ what: String, _ model: ControlModel, version: Int, by: String, from: RolloutState.Stage,
    to: RolloutState.Stage, why: String
  ) {
    audits.append(
      ControlAudit([
        "what": what, "model": model.name, "version": "\(version)", "by": by, "from": from.rawValue,
        "to": to.rawValue, "why": why,
      ]))
  }

  func lines(version: Int64) -> [ControlModel: String] {
    var lines = lines
    for model in changed {
      guard var state = states[model] else { continue }
      state.revision = version
      lines[model] = state.text
    }
    return lines
  }
}
