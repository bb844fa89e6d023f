package import Policy

/// The script by which replicas tell each other what they have in flight. `LoadStore` is its twin.
struct LoadScripts: Sendable {
  let tell: Script

  init(clock: Script.Clock = .redis) { tell = Script(PackageResources.loads_lua, clock: clock) }
}

/// What a replica tells of its requests in flight, and asks.
package struct LoadReport: Equatable, Sendable {
  package var replica: String
  /// Grows with each.
  package var sequence: Int64
  package var loads: EndpointLoads
  /// What all replicas have is wanted.
  package var wantsAll = false
  /// Old entries are to be removed.
  package var sweeps = false

  package init(
    replica: String, sequence: Int64, loads: EndpointLoads, wantsAll: Bool = false, sweeps: Bool = false
  ) {
    (self.replica, self.sequence, self.loads) = (replica, sequence, loads)
    (self.wantsAll, self.sweeps) = (wantsAll, sweeps)
  }

  package struct Reply: Equatable, Sendable {
    package var now: Int64
    /// False where something later had been told before.
    package var isTaken: Bool
    /// By replica, old ones too; empty unless it was asked.
    package var entries: [String: LoadStore.Entry]

    package init(now: Int64, isTaken: Bool, entries: [String: LoadStore.Entry]) {
      (self.now, self.isTaken, self.entries) = (now, isTaken, entries)
    }
  }
}

extension ScriptCall {
  init(_ report: LoadReport, key: String) {
    self.init(
      keys: [key],
      arguments: [
        .string(report.replica), .number(report.sequence), .string(report.loads.text),
        .string(report.wantsAll ? "all" : ""), .string(report.sweeps ? "sweep" : ""),
      ])
  }
}

extension LoadReport.Reply {
  /// What the script answered; nil where it isn't an answer of that script. Entries that nobody can read are passed over.
  init?(_ reply: Reply) {
    guard case .list(let parts) = reply, parts.count >= 2, parts.count % 2 == 0,
      case .number(let now) = parts[0], case .number(let taken) = parts[1]
    else { return nil }
    var entries: [String: LoadStore.Entry] = [:]
    for place in stride(from: 2, to: parts.count, by: 2) {
      guard let replica = parts[place].text, let value = parts[place + 1].text else { return nil }
      entries[replica] = LoadStore.Entry(value)
    }
    self.init(now: now, isTaken: taken == 1, entries: entries)
  }
}
