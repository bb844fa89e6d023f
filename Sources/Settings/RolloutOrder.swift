package import Policy

/// What somebody says who wants something done to a version.
package struct RolloutOrder: Sendable, Equatable {
  /// Nil: the one that is tried.
  package var version: Int?
  package var by: String?
  /// The revision that was seen.
  package var expected: Int?
  package var reason: String?
  package var isForced = false
  /// Whether a start begins with copies of requests, where the configuration has that.
  package var shadows = true

  package init() {}

  /// Reads the body of a request, JSON or YAML; an empty one says nothing more.
  package static func parse(_ text: String) throws(SettingsErrors) -> RolloutOrder {
    if text.allSatisfy(\.isWhitespace) { return RolloutOrder() }
    return try Form<RolloutOrder>.rolloutOrder.read(body: text)
  }

  package func ask(_ deed: RolloutAsk.Deed, _ model: String, version: Int, by person: String) -> RolloutAsk {
    var ask = RolloutAsk(deed, model, version: version, by: person)
    ask.expected = expected.map { Int64($0) }
    (ask.reason, ask.isForced, ask.skipsShadow) = (reason, isForced, !shadows)
    return ask
  }
}
