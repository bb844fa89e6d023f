/// The shared breakers as Redis keeps them, in memory: the twin of the scripts `breaker_*.lua`.
///
/// It is the embedded engine and what the simulator runs; a differential test holds it and the scripts together. Times are
/// milliseconds; each part of a breaker expires by itself, as its key does.
package struct BreakerStore: Sendable {
  package enum Part: CaseIterable, Sendable { case state, window, probes }

  package struct Entry: Equatable, Sendable {
    package var machine = BreakerMachine()
    /// From then on there is no such part; none: there isn't.
    package var expires: [Part: Int64] = [:]
  }

  package private(set) var entries: [BreakerKeys: Entry] = [:]
  /// What is to be published on `BreakerKeys.channel`, in order.
  package private(set) var news: [(keys: BreakerKeys, status: BreakerStatus)] = []

  package init() {}

  package func read(_ keys: BreakerKeys, now: Int64) -> BreakerStatus {
    current(keys, now).machine.status(now: now)
  }

  package mutating func report(
    _ keys: BreakerKeys, _ report: BreakerReport, _ settings: BreakerSettings, jitter: Int64, now: Int64
  ) -> BreakerReport.Reply {
    update(keys, settings, now) { $0.report(report, settings, jitter: jitter, now: now) }
  }

  package mutating func permit(
    _ keys: BreakerKeys, _ id: String, _ settings: BreakerSettings, jitter: Int64, now: Int64
  ) -> BreakerPermit {
    update(keys, settings, now) { $0.permit(id, settings, jitter: jitter, now: now) }
  }

  package mutating func probe(
    _ keys: BreakerKeys, _ probe: BreakerProbe, _ settings: BreakerSettings, jitter: Int64, now: Int64
  ) -> BreakerProbe.Reply {
    update(keys, settings, now) { $0.probe(probe, settings, jitter: jitter, now: now) }
  }

  package func window(_ keys: BreakerKeys, now: Int64) -> BreakerWindow { current(keys, now).machine.window }

  /// Takes what is to be published.
  package mutating func takeNews() -> [(keys: BreakerKeys, status: BreakerStatus)] {
    defer { news = [] }
    return news
  }

  /// Forgets what has expired, which changes no answer.
  package mutating func sweep(now: Int64) {
    for keys in Array(entries.keys) {
      let entry = current(keys, now)
      entries[keys] = entry.expires.isEmpty ? nil : entry
    }
  }

  /// Loses one part, as a Redis may.
  package mutating func forget(_ part: Part, of keys: BreakerKeys) { entries[keys]?.remove(part) }

  private func current(_ keys: BreakerKeys, _ now: Int64) -> Entry {
    guard var entry = entries[keys] else { return Entry() }
    for (part, expires) in entry.expires where expires <= now { entry.remove(part) }
    return entry
  }

  private mutating func update<Reply>(
    _ keys: BreakerKeys, _ settings: BreakerSettings, _ now: Int64, _ event: (inout BreakerMachine) -> Reply
  ) -> Reply {
    var entry = current(keys, now)
    let reply = event(&entry.machine)
    entry.keep(settings, now)
    entries[keys] = entry.expires.isEmpty ? nil : entry
    if entry.machine.isToBePublished { news.append((keys, entry.machine.status(now: now))) }
    return reply
  }
}

extension BreakerStore.Entry {
  fileprivate mutating func remove(_ part: BreakerStore.Part) {
    expires[part] = nil
    switch part {
    case .state: machine.state = BreakerState()
    case .window: machine.window = BreakerWindow()
    case .probes: (machine.probes, machine.ended) = ([:], [:])
    }
  }

  /// What was written is kept anew; what is empty isn't there.
  fileprivate mutating func keep(_ settings: BreakerSettings, _ now: Int64) {
    let lifetime = machine.state.lifetime(now)
    if machine.touched.contains(.state) { expires[.state] = machine.state.isKnown ? now + lifetime : nil }
    if machine.touched.contains(.window) {
      expires[.window] = machine.window.isEmpty ? nil : now + BreakerWindow.lifetime(settings)
    }
    if machine.touched.contains(.probes) {
      let isEmpty = machine.probes.isEmpty && machine.ended.isEmpty
      expires[.probes] = isEmpty ? nil : now + lifetime
    }
  }
}
