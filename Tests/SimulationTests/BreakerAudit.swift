import Policy

/// Watches each step of the shared breakers: invariants I3 and I4 of algorithms §10, as Redis sees them.
final class BreakerAudit {
  /// What is known of one breaker's present generation.
  private struct Known {
    /// Permits of this generation: what was told of each.
    var permits: [String: BreakerProbe.Outcome?] = [:]
    /// Started before Redis forgot: it counts them, and nobody here knows them.
    var unknown: Int64 = 0
    var succeeded: Int64 = 0
    var notClosedSince: Int64?
    /// That the endpoint is to be left alone: since when that is known, and until when, by the world's clock.
    var coolings: [(at: Int64, until: Int64)] = []

    var started: Int64 { unknown + Int64(permits.count) }
    var givenBack: Int64 {
      Int64(
        permits.values.count {
          switch $0 {
          case .ignore, .cooldown: true
          case .ok, .fail, nil: false
          }
        })
    }
  }

  private let world: World
  private let fail: (String) -> Void
  private var known: [BreakerKeys: Known] = [:]
  /// Of each probe, whatever became of its generation: it has one end.
  private var ends: [String: BreakerProbe.Outcome] = [:]
  /// When each permit was given.
  private var given: [String: Int64] = [:]
  private(set) var tally = Tally()
  /// Whose rates were far below the others'.
  private(set) var outliers: Set<String> = []

  struct Tally {
    var outliers = 0
    var opened = 0
    /// Those of them by one caller's answers where nobody else had called for a while: who could tell whose fault it is?
    var alone = 0
    var halves = 0
    var recovered = 0
    var lost = 0
    var restored = 0
    var cooldowns = 0
    var late = 0
    var permits = 0

    static func += (one: inout Tally, other: Tally) {
      one.outliers += other.outliers
      one.opened += other.opened
      one.alone += other.alone
      one.halves += other.halves
      one.recovered += other.recovered
      one.lost += other.lost
      one.restored += other.restored
      one.cooldowns += other.cooldowns
      one.late += other.late
      one.permits += other.permits
    }
  }

  init(_ world: World, fail: @escaping (String) -> Void) { (self.world, self.fail) = (world, fail) }

  /// Milliseconds for which it has not been closed; nil where it is.
  func timeNotClosed(_ keys: BreakerKeys) -> Int64? { known[keys]?.notClosedSince.map { world.now - $0 } }

  /// Milliseconds for which it has been known that the endpoint is to be left alone now; nil where it isn't. A replica's clock that is 5 %
  /// fast takes a little off what is left.
  func timeCooling(_ keys: BreakerKeys) -> Int64? {
    known[keys]?.coolings.first { $0.until > world.now + 100 }.map { world.now - $0.at }
  }

  /// Milliseconds since a permit was given; nil of one that was given elsewhere.
  func age(ofPermit id: String) -> Int64? { given[id].map { world.now - $0 } }

  // MARK: What happens to Redis

  func hasForgotten(_ store: BreakerStore) {
    for keys in Set(known.keys).union(store.entries.keys) {
      let state = store.entries[keys]?.machine.state ?? BreakerState()
      let since = known[keys]?.notClosedSince
      var now = Known()
      now.notClosedSince = state.phase == .closed ? nil : since ?? world.now
      for id in store.entries[keys]?.machine.probes.keys.sorted() ?? [] { now.permits[id] = .some(nil) }
      (now.unknown, now.succeeded) = (state.issued - now.started, state.succeeded)
      known[keys] = now
    }
  }

  func clockChanged() { for keys in known.keys { known[keys]?.coolings = [] } }

  // MARK: What it is asked

  func reported(
    _ keys: BreakerKeys, _ report: BreakerReport, _ before: BreakerMachine, _ after: BreakerMachine,
    _ reply: BreakerReport.Reply
  ) {
    changed(keys, before, after, isReport: true)
    blame(report, before, after)
    world.note(1, after.state.generation, reply.outcome.rawValue)
    let isStrange = report.generation < before.state.generation || before.state.phase != .closed
    guard isStrange, report.generation <= before.state.generation else { return }
    if report.generation < before.state.generation { tally.late += 1 }
    if after.state.phase != before.state.phase || after.state.generation != before.state.generation
      || after.state.opens != before.state.opens || after.window != before.window
      || after.probes != before.probes
    {
      fail("I3: a report of generation \(report.generation) has changed \(before.state.generation)")
    }
  }

  /// Ruling 2: what one caller alone has trouble with opens nothing while another does well.
  private func blame(_ report: BreakerReport, _ before: BreakerMachine, _ after: BreakerMachine) {
    guard before.state.phase == .closed, after.state.phase == .open, after.state.reason == .rate else {
      return
    }
    var counts = before.window.sum(BreakerSettings(), now: after.state.since)
    counts += report.counts
    guard counts.fail == 0, counts.cells.count(where: { $0.fail > 0 }) == 1 else { return }
    if counts.cells.contains(where: { $0.ok > 0 && $0.fail == 0 }) {
      fail("one caller alone has opened a breaker: \(counts.text)")
    }
    tally.alone += 1
  }

  func permitted(
    _ keys: BreakerKeys, _ id: String, _ settings: BreakerSettings, _ before: BreakerMachine,
    _ after: BreakerMachine, _ permit: BreakerPermit, now: Int64
  ) {
    changed(keys, before, after)
    world.note(2, after.state.generation, permit.answer.rawValue)
    let isOverdue = before.probes.values.contains { now - $0 >= settings.probeTime }
    if before.state.phase == .half, isOverdue, before.state.left(now) == 0, permit.answer != .refused {
      fail("I4: a probe is lost, and another one starts")
    }
    switch permit.answer {
    case .refused: return
    case .closed: if after.state.phase != .closed { fail("I3: anybody may call where it is not closed") }
    case .probe:
      tally.permits += 1
      if after.state.phase != .half { fail("I4: a probe where nothing is half-open") }
      var entry = known[keys] ?? Known()
      switch entry.permits[id] {
      case .some(.some(let end)): fail("I4: \(id) is given anew, and its probe ended as \(end)")
      case .some(nil): break
      case nil: entry.permits[id] = .some(nil)
      }
      given[id] = given[id] ?? world.now
      known[keys] = entry
      if entry.started - entry.givenBack > settings.probes {
        fail("I4: \(entry.started) probes, of which \(entry.givenBack) given back, not \(settings.probes)")
      }
    }
  }

  func probed(
    _ keys: BreakerKeys, _ probe: BreakerProbe, _ settings: BreakerSettings, _ before: BreakerMachine,
    _ after: BreakerMachine, _ reply: BreakerProbe.Reply
  ) {
    world.note(3, after.state.generation, reply.isCounted ? 1 : 0)
    if let end = ends.updateValue(probe.outcome, forKey: probe.id), end != probe.outcome {
      fail("I9: probe \(probe.id) ended as \(end), and as \(probe.outcome)")
    }
    if reply.isCounted {
      if probe.generation != before.state.generation { fail("I3: a probe of another generation counts") }
      known[keys, default: Known()].permits[probe.id] = .some(probe.outcome)
      if probe.outcome == .ok { known[keys]?.succeeded += 1 }
    }
    let entry = known[keys] ?? Known()
    if after.state.generation > before.state.generation, after.state.phase == .closed {
      let started = entry.started - entry.givenBack
      if started != settings.probes || entry.succeeded != settings.probes {
        fail("I4: closed by \(entry.succeeded) of \(started) probes, not by \(settings.probes)")
      }
    }
    changed(keys, before, after)
  }

  // MARK: Phases

  private func changed(
    _ keys: BreakerKeys, _ before: BreakerMachine, _ after: BreakerMachine, isReport: Bool = false
  ) {
    let (old, new) = (before.state, after.state)
    if new.coolUntil > old.coolUntil { cool(keys, new) }
    guard new.generation != old.generation else {
      if new.phase != old.phase { fail("I3: generation \(new.generation) was \(old.phase)") }
      return
    }
    if new.generation < old.generation { fail("I3: generation \(new.generation) after \(old.generation)") }
    let isArrow: Bool =
      switch (old.phase, new.phase) {
      case (.closed, .open), (.open, .half), (.half, .open), (.half, .closed): true
      case (_, .closed): isReport
      default: false
      }
    // Redis may have forgotten, and be told of an end at once.
    if !isArrow, !(isReport && new.phase == .open) { fail("I3: \(old.phase), then \(new.phase)") }
    if new.reason == .probeLost, let entry = known[keys], entry.unknown == 0,
      !entry.permits.values.contains(where: { $0 == nil })
    {
      fail("I4: all of \(entry.permits.count) probes were heard of, and one is taken for lost")
    }
    var entry = Known()
    entry.coolings = known[keys]?.coolings ?? []
    entry.notClosedSince = new.phase == .closed ? nil : known[keys]?.notClosedSince ?? world.now
    known[keys] = entry
    if new.reason == .outlier { outliers.insert(keys.name) }
    count(new)
  }

  private func cool(_ keys: BreakerKeys, _ state: BreakerState) {
    tally.cooldowns += 1
    known[keys, default: Known()].coolings.removeAll { $0.until < world.now }
    known[keys]?.coolings.append((world.now, world.now + state.coolSpan))
  }

  private func count(_ state: BreakerState) {
    switch state.reason {
    case .due: tally.halves += 1
    case .recovered: tally.recovered += 1
    case .probeLost: tally.lost += 1
    case .restored: tally.restored += 1
    case .outlier: (tally.outliers, tally.opened) = (tally.outliers + 1, tally.opened + 1)
    default: if state.phase == .open { tally.opened += 1 }
    }
  }
}
