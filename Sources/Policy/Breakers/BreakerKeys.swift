/// Where one breaker is kept: keys of one tag, so of one slot.
package struct BreakerKeys: Hashable, Sendable {
  /// `ENDPOINT/DEPLOYMENT`, without what a key may not hold: what is published says whose it is by it.
  package let name: String
  /// A hash: `BreakerState`.
  package let state: String
  /// A hash: `BreakerWindow`.
  package let window: String
  /// A hash: permit → when it was given.
  package let probes: String
  /// Of all breakers: `NAME` and `BreakerStatus.line`, at each change.
  package let channel: String

  package var all: [String] { [state, window, probes] }

  package init(endpoint: String, deployment: String, prefix: String = "sy") {
    precondition(!endpoint.isEmpty && !deployment.isEmpty, "a breaker of nothing")
    // Slashes and colons of an endpoint's URL stay; the last slash is the one before the deployment.
    name = PlainName.escaped(endpoint, beside: ":/") + "/" + PlainName.escaped(deployment)
    let tag = "\(prefix):{cb:\(name)}"
    (state, window, probes) = (tag + ":state", tag + ":window", tag + ":probes")
    channel = Self.channel(prefix: prefix)
  }

  /// Of the replica that looks for outliers now: one for all breakers.
  package static func outlierToken(prefix: String) -> String { "\(prefix):{cb}:outliers" }

  package static func channel(prefix: String) -> String { "\(prefix):ev:cb" }

  /// One key says all of them.
  package static func == (one: BreakerKeys, other: BreakerKeys) -> Bool { one.state == other.state }
  package func hash(into hasher: inout Hasher) { hasher.combine(state) }
}
