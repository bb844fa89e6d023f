import Policy

/// The scripts that keep the shared breakers. `BreakerStore` is their twin.
struct BreakerScripts: Sendable {
  let report: Script
  let permit: Script
  let probe: Script
  let read: Script

  init(clock: Script.Clock = .redis) {
    let shared = PackageResources.breaker_common_lua
    report = Script(shared, PackageResources.breaker_report_lua, clock: clock)
    permit = Script(shared, PackageResources.breaker_permit_lua, clock: clock)
    probe = Script(shared, PackageResources.breaker_probe_lua, clock: clock)
    read = Script(shared, PackageResources.breaker_read_lua, clock: clock)
  }
}

/// What they are called with. `jitter` is in thousandths, what an opening may last longer.
extension ScriptCall {
  init(_ report: BreakerReport, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64) {
    self.init(keys, settings, jitter)
    arguments += [
      .string(report.reporter), .number(report.sequence), .number(report.generation),
      .string(report.opening?.rawValue ?? ""), .number(report.cooldown), .string(report.counts.text),
    ]
  }

  init(permit id: String, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64) {
    self.init(keys, settings, jitter)
    arguments.append(.string(id))
  }

  init(_ probe: BreakerProbe, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64) {
    self.init(keys, settings, jitter)
    let (word, cooldown) = probe.outcome.words
    arguments += [.string(probe.id), .number(probe.generation), .string(word), .number(cooldown)]
  }

  init(reading keys: BreakerKeys) { self.init(keys: [keys.state], arguments: []) }

  private init(_ keys: BreakerKeys, _ settings: BreakerSettings, _ jitter: Int64) {
    let numbers = [
      jitter, settings.window, settings.minRequests, settings.failureRate, settings.slowRate, settings.base,
      settings.max, settings.probes, settings.probeTime,
    ]
    self.init(
      keys: keys.all,
      arguments: [.string(keys.channel), .string(keys.name)] + numbers.map(Word.number))
  }
}

extension BreakerProbe.Outcome {
  fileprivate var words: (String, cooldown: Int64) {
    switch self {
    case .ok: ("ok", 0)
    case .fail: ("fail", 0)
    case .ignore: ("ignore", 0)
    case .cooldown(let time): ("cooldown", time)
    }
  }
}
