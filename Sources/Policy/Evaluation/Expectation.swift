/// What an answer has to be like.
package struct Expectation: Sendable {
  /// What an answer may lack, in the order in which it is told.
  package enum Property: String, Sendable, CaseIterable {
    /// It came from another version than the one that was asked for.
    case version
    case status, model, deployment, contains, matches, json, refuses
    case finishReason = "finish_reason"
    case latency = "max_latency_ms"
  }

  package var status = 200
  /// All of them.
  package var contains: [String] = []
  /// A regular expression that fits somewhere.
  package var matches: String?
  /// That the content is JSON of this shape.
  package var json: JSONShape?
  package var mostLatency: Int?
  package var finishReason: String?
  package var refuses: Bool?
  /// Where it was routed to.
  package var model: String?
  package var deployment: String?

  package static let longestPattern = 1_000
  /// Characters of an answer that a pattern is tried on.
  package static let longestMatched = 20_000

  package init() {}

  init(_ value: JSONLiteral) throws(EvaluationError) {
    var members = try EvaluationMembers(value, of: "expect")
    status = try members.int("status", 100...599) ?? 200
    contains = try members.texts("contains")
    matches = try members.text("matches")
    if let matches { try Self.check(pattern: matches) }
    if let shape = members.take("json") { json = try JSONShape(shape, depth: 0) }
    mostLatency = try members.int("max_latency_ms", 1...3_600_000)
    finishReason = try members.text("finish_reason")
    refuses = try members.flag("refuses")
    (model, deployment) = (try members.text("model"), try members.text("deployment"))
    if members.take("judge") != nil {
      throw EvaluationError("expect wants a judge, which this release has not got")
    }
    try members.end()
  }

  private static func check(pattern: String) throws(EvaluationError) {
    guard pattern.utf8.count <= longestPattern else {
      throw EvaluationError("'matches' of expect is longer than \(longestPattern) bytes")
    }
    if (try? Regex(pattern)) == nil { throw EvaluationError("'matches' of expect is no regular expression") }
  }
}

// MARK: Judging

extension Expectation {
  /// What an answer lacks; nothing where it is as it has to be. `version` is the one that was asked for; nil: the model's own deployments.
  package func broken(by answer: EvaluationAnswer, of version: Int?) -> [Property] {
    var broken: Set<Property> = []
    if answer.status == 200, answer.version != version { broken.insert(.version) }
    if answer.status != status { broken.insert(.status) }
    if let model, answer.model != model { broken.insert(.model) }
    if let deployment, answer.deployment != deployment { broken.insert(.deployment) }
    if !contains.allSatisfy({ answer.text.contains($0) }) { broken.insert(.contains) }
    if let matches, !Self.fits(matches, answer.text) { broken.insert(.matches) }
    if let json, json.flaw(ofText: answer.text) != nil { broken.insert(.json) }
    if let refuses, answer.isRefusal != refuses { broken.insert(.refuses) }
    if let finishReason, answer.finishReason != finishReason { broken.insert(.finishReason) }
    if let mostLatency, answer.latency > mostLatency { broken.insert(.latency) }
    return Property.allCases.filter(broken.contains)
  }

  private static func fits(_ pattern: String, _ text: String) -> Bool {
    guard let regex = try? Regex(pattern) else { return false }
    return text.prefix(longestMatched).firstMatch(of: regex) != nil
  }
}
