internal import Policy

extension Settings {
  /// The whole value as YAML, every default filled in, secrets as the references that they came by or `***`.
  ///
  /// Loading it gives an equal value, but for secrets that are printed as `***` (which are refused) and for what is
  /// not built, which comments name.
  package func printed() -> String {
    let text = Emitter.text(of: Form<Settings>.document.write(self))
    guard !unbuilt.isEmpty else { return text }
    return text + "# Accepted and not built yet:\n"
      + unbuilt.map { "#   \($0.path): \($0.reason)\n" }.joined()
  }

  /// JSON Schema (draft 2020-12) of the document.
  package static func jsonSchema() -> String {
    let head: [(name: String, value: JSON)] = [
      ("$schema", "https://json-schema.org/draft/2020-12/schema"),
      ("title", "Switchyard configuration"),
    ]
    let definitions: [(name: String, value: JSON)] = [
      (
        "reference",
        ["type": "string", "pattern": "\\$\\{", "description": "A value from the environment: ${NAME}."]
      ),
      ("condition", Form<RuleCondition>.condition.schema),
    ]
    let schema = JSON.object(head).adding(members(of: Form<Settings>.document.schema))
    return schema.adding([("$defs", .object(definitions))]).pretty() + "\n"
  }

  private static func members(of schema: JSON) -> [(name: String, value: JSON)] {
    guard case .object(let members) = schema else { return [] }
    return members
  }
}
