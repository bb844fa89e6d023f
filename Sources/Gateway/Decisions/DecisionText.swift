import Policy

/// What was decided about a request, for people: a row for each member of the line, and one for each attempt.
enum DecisionText {
  /// Nil where the line is none that was kept.
  static func text(of line: String) -> String? {
    guard case .object(let members)? = try? JSONLiteral(text: line) else { return nil }
    let rows = members.filter { $0.name != "tries" }.map { [$0.name, words($0.value)] }
    guard case .array(let tries)? = members.first(where: { $0.name == "tries" })?.value else {
      return TextTable.lined(rows).joined(separator: "\n")
    }
    let table = [["try", "deployment", "endpoint", "result", "status", "ms"]] + tries.map(row)
    return (TextTable.lined(rows) + [""] + TextTable.lined(table)).joined(separator: "\n")
  }

  private static func row(_ attempt: JSONLiteral) -> [String] {
    let names = ["reason", "deployment", "endpoint", "result", "status"]
    let time = attempt[member: "us"].flatMap { Int64(words($0)) }
    return names.map { attempt[member: $0].map(words) ?? "-" } + [time.map { "\($0 / 1_000)" } ?? "-"]
  }

  private static func words(_ value: JSONLiteral) -> String {
    if case .string(let text) = value { text } else { value.text }
  }
}
