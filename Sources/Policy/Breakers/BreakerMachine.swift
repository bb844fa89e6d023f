/// One breaker: reports, permits and probes in, phases out (algorithms §2.2 and its rulings).
///
/// The scripts `breaker_*.lua` are the same machine on Redis' keys. `jitter` is in thousandths, what an opening may last longer.
package struct BreakerMachine: Equatable, Sendable {
  package internal(set) var state = BreakerState()
  package internal(set) var window = BreakerWindow()
  /// When each permit was given, of probes that nothing has been heard of.
  package internal(set) var probes: [String: Int64] = [:]
  /// When probes of this generation ended, of the last seconds: a request for such a permit that comes once more, late, takes no other.
  package internal(set) var ended: [String: Int64] = [:]

  /// What the last event wrote, and so is kept anew.
  struct Touched: OptionSet {
    let rawValue: Int
    static let state = Touched(rawValue: 1)
    static let window = Touched(rawValue: 2)
    static let probes = Touched(rawValue: 4)
    /// All replicas are to be told.
    static let phase = Touched(rawValue: 8)
  }

  package init() {}

  package static func == (a: Self, b: Self) -> Bool {
    a.state == b.state && a.window == b.window && a.probes == b.probes && a.ended == b.ended
  }

  private(set) var touched: Touched = []
  package var isToBePublished: Bool { touched.contains(.phase) }

  package func status(now: Int64) -> BreakerStatus { state.status(now) }

  package mutating func report(
    _ report: BreakerReport, _ settings: BreakerSettings, jitter: Int64, now: Int64
  ) -> BreakerReport.Reply {
    touched = []
    guard !window.isRepeated(report.sequence, of: report.reporter) else {
      return BreakerReport.Reply(.repeated, status(now: now))
    }
    cool(for: report.cooldown, settings, now)
    if report.generation > state.generation { restore(report.generation, now) }
    guard report.generation == state.generation, state.phase == .closed else {
      return BreakerReport.Reply(.ignored, status(now: now))
    }
    if !report.counts.isEmpty || report.opening != nil { count(report, settings, jitter, now) }
    return BreakerReport.Reply(.counted, status(now: now))
  }

  /// The same id again is answered as the first time, until its probe ends.
  package mutating func permit(
    _ id: String, _ settings: BreakerSettings, jitter: Int64, now: Int64
  ) -> BreakerPermit {
    touched = []
    let answer = answer(to: id, settings, jitter, now)
    return BreakerPermit(answer, status(now: now))
  }

  package mutating func probe(
    _ probe: BreakerProbe, _ settings: BreakerSettings, jitter: Int64, now: Int64
  ) -> BreakerProbe.Reply {
    touched = []
    if case .cooldown(let time) = probe.outcome, ended[probe.id] == nil { cool(for: time, settings, now) }
    let isKnown = state.phase == .half && probe.generation == state.generation && probes[probe.id] != nil
    if isKnown { settle(probe, settings, jitter, now) }
    return BreakerProbe.Reply(isCounted: isKnown, status(now: now))
  }

  private mutating func count(
    _ report: BreakerReport, _ settings: BreakerSettings, _ jitter: Int64, _ now: Int64
  ) {
    let sum = window.add(report.counts, report.sequence, of: report.reporter, settings, now: now)
    touched.formUnion([.window, .state])
    guard let reason = report.opening ?? sum.reasonToOpen(settings) else { return }
    open(reason, settings, jitter, now)
  }

  private mutating func answer(
    to id: String, _ settings: BreakerSettings, _ jitter: Int64, _ now: Int64
  ) -> BreakerPermit.Answer {
    switch state.phase {
    case .closed: return .closed
    case .open:
      guard state.left(now) == 0, state.coolLeft(now) == 0 else { return .refused }
      go(.half, .due, for: settings.probeTime, now)
    case .half where state.left(now) == 0 && hasLost(settings, now):
      // A probe that is lost says less than one that failed: the time to wait begins anew, and doubles nothing.
      go(.open, .probeLost, for: settings.openTime(after: 0, jitter: jitter), now)
      return .refused
    case .half:
      if state.left(now) == 0 { renew(settings, now) }
      if probes[id] != nil { return .probe }
      guard ended[id] == nil, state.coolLeft(now) == 0, state.issued < settings.probes else {
        return .refused
      }
    }
    state.issued += 1
    probes[id] = now
    touched.formUnion([.state, .probes])
    return .probe
  }

  /// Whether a probe is as old as none should be, its permit is forgotten, or was given by a clock that has gone back.
  private func hasLost(_ settings: BreakerSettings, _ now: Int64) -> Bool {
    Int64(probes.count) < state.issued - state.succeeded || oldest(now) >= settings.probeTime
      || probes.values.contains { $0 - now > BreakerState.tolerance }
  }

  /// Few calls come by: nothing is lost, and the generation goes on until the oldest probe would be.
  private mutating func renew(_ settings: BreakerSettings, _ now: Int64) {
    state.span = settings.probeTime - oldest(now)
    state.until = now + state.span
    touched.insert(.state)
  }

  /// Milliseconds since the oldest probe that nothing has been heard of began.
  private func oldest(_ now: Int64) -> Int64 { probes.values.reduce(0) { max($0, now - $1) } }

  private mutating func settle(
    _ probe: BreakerProbe, _ settings: BreakerSettings, _ jitter: Int64, _ now: Int64
  ) {
    probes[probe.id] = nil
    ended = ended.filter { abs(now - $0.value) <= BreakerState.tolerance }
    ended[probe.id] = now
    touched.formUnion([.state, .probes])
    switch probe.outcome {
    case .fail: open(.probeFailed, settings, jitter, now)
    case .ignore, .cooldown: state.issued -= 1
    case .ok:
      state.succeeded += 1
      guard state.succeeded >= settings.probes else { return }
      go(.closed, .recovered, for: 0, now)
      state.opens = 0
    }
  }

  /// Prolongs a cooldown, never shortens it; probes that wait for its end aren't lost meanwhile.
  private mutating func cool(for time: Int64, _ settings: BreakerSettings, _ now: Int64) {
    guard time > state.coolLeft(now) else { return }
    (state.coolUntil, state.coolSpan) = (now + time, time)
    if state.phase == .half, state.left(now) > 0 {
      state.until = max(state.until, state.coolUntil + settings.probeTime)
      state.span = state.until - now
    }
    touched.formUnion([.state, .phase])
  }

  /// Redis has forgotten what a replica knows (ruling 1).
  private mutating func restore(_ generation: Int64, _ now: Int64) {
    go(.closed, .restored, for: 0, now)
    (state.generation, state.opens) = (generation, 0)
  }

  private mutating func open(
    _ reason: BreakerState.Reason, _ settings: BreakerSettings, _ jitter: Int64, _ now: Int64
  ) {
    go(.open, reason, for: settings.openTime(after: state.opens, jitter: jitter), now)
    state.opens += 1
  }

  fileprivate mutating func go(
    _ phase: BreakerState.Phase, _ reason: BreakerState.Reason, for span: Int64, _ now: Int64
  ) {
    state.go(phase, reason, for: span, now: now)
    (window, probes, ended) = (BreakerWindow(), [:], [:])
    touched.formUnion([.state, .window, .probes, .phase])
  }
}

extension BreakerMachine {
  /// Begins a phase by decree.
  mutating func begin(
    _ phase: BreakerState.Phase, _ reason: BreakerState.Reason, for span: Int64, now: Int64
  ) {
    go(phase, reason, for: span, now)
  }
}
