/// Prompts that people have labelled: a file with a JSON object in each line.
///
///     {"prompt": "Prove that there are infinitely many primes.", "label": "high", "family": "proofs"}
package struct TrainingSet: Sendable {
  package struct Item: Sendable, Equatable {
    package var prompt: String
    package var label: ComplexityLabel
    /// What it is a variant of: prompts of a family are never held out from each other.
    package var family: String
  }

  package let items: [Item]

  package var families: [String] { Set(items.map(\.family)).sorted() }

  /// Reads a file; empty lines are passed over. Errors name the line.
  package init(_ text: String) throws(EvaluationError) {
    var items: [Item] = []
    var lines: [String: Int] = [:]
    // By bytes: to Swift, the end of a line of Windows is one sign, and no end of a line.
    let all = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in all.map({ Substring($0) }).enumerated() {
      guard line.contains(where: { !$0.isWhitespace }) else { continue }
      let item: Item
      do throws(EvaluationError) { item = try Self.read(String(line)) } catch {
        throw EvaluationError(line: index + 1, error.reason)
      }
      if let first = lines.updateValue(index + 1, forKey: item.prompt) {
        throw EvaluationError(line: index + 1, "the prompt is that of line \(first) too")
      }
      items.append(item)
    }
    guard Set(items.map(\.label)).count == ComplexityLabel.allCases.count else {
      throw EvaluationError("there must be prompts of each label, low, medium and high")
    }
    self.items = items
  }

  private static func read(_ line: String) throws(EvaluationError) -> Item {
    let value: JSONLiteral
    do throws(JSONLiteral.Flaw) { value = try JSONLiteral(text: line) } catch {
      throw EvaluationError("this is no JSON: there is \(error.reason) at byte \(error.offset)")
    }
    var members = try EvaluationMembers(value, of: "the line")
    guard let prompt = try members.text("prompt") else { throw EvaluationError("the line has no prompt") }
    guard let label = try members.text("label").flatMap({ ComplexityLabel(rawValue: $0) }) else {
      throw EvaluationError("the line has no label: write low, medium or high")
    }
    guard let family = try members.text("family") else {
      throw EvaluationError(
        "the line has no family: name what the prompt is a variant of, a name of its own if it is none")
    }
    try members.end()
    return Item(prompt: prompt, label: label, family: family)
  }
}
