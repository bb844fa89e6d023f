extension RuleParser {
  /// The rules of an admin request's body: one rule `{"match": {…}, "fault": {…}}`, a list of them, or
  /// `{"rules": […]}`.
  static func rules(from document: JSONValue) throws(RuleError) -> [Rule] {
    var rules: [Rule] = []
    for element in document["rules"]?.elements ?? document.elements ?? [document] {
      rules.append(try rule(from: element))
    }
    return rules
  }

  private static func rule(from value: JSONValue) throws(RuleError) -> Rule {
    guard case .object(let members) = value else { throw RuleError(reason: "a rule must be an object") }
    if let member = members.first(where: { $0.key != "match" && $0.key != "fault" }) {
      throw RuleError(reason: "a rule has match and fault, not '\(member.key)'")
    }
    var pairs: [(name: String, value: String)] = []
    for member in members {
      guard case .object(let details) = member.value else {
        throw RuleError(reason: "\(member.key) must be an object")
      }
      pairs += details.map { ($0.key, $0.value.text ?? $0.value.description) }
    }
    return try rule(from: pairs)
  }
}
