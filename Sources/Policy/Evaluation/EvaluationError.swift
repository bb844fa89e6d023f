/// What is wrong with a suite.
package struct EvaluationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Of the file, from 1 on; 0: of all of it.
  package var line: Int
  package var reason: String

  package init(line: Int = 0, _ reason: String) { (self.line, self.reason) = (line, reason) }

  package var description: String { line > 0 ? "line \(line): \(reason)" : reason }
}

/// The members of an object, each taken once; what is left is unknown.
struct EvaluationMembers {
  /// What the object is, for errors: `expect`.
  private let owner: String
  private var rest: [JSONLiteral.Member]

  init(_ value: JSONLiteral, of owner: String) throws(EvaluationError) {
    guard case .object(let members) = value else { throw EvaluationError("\(owner) is no JSON object") }
    (self.owner, rest) = (owner, members)
  }

  mutating func take(_ name: String) -> JSONLiteral? {
    guard let index = rest.firstIndex(where: { $0.name == name }) else { return nil }
    return rest.remove(at: index).value
  }

  mutating func text(_ name: String) throws(EvaluationError) -> String? {
    guard let value = take(name) else { return nil }
    guard case .string(let text) = value, !text.isEmpty else { throw wrong(name, "a text") }
    return text
  }

  mutating func flag(_ name: String) throws(EvaluationError) -> Bool? {
    guard let value = take(name) else { return nil }
    guard case .bool(let flag) = value else { throw wrong(name, "true or false") }
    return flag
  }

  mutating func int(_ name: String, _ range: ClosedRange<Int>) throws(EvaluationError) -> Int? {
    guard let value = take(name) else { return nil }
    guard case .number(let number) = value, let int = number.int, range.contains(int) else {
      throw wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return int
  }

  /// One text, or a list of them.
  mutating func texts(_ name: String) throws(EvaluationError) -> [String] {
    guard let value = take(name) else { return [] }
    let values = if case .array(let elements) = value { elements } else { [value] }
    var texts: [String] = []
    for value in values {
      guard case .string(let text) = value, !text.isEmpty else {
        throw wrong(name, "a text, or a list of texts")
      }
      texts.append(text)
    }
    return texts
  }

  /// To be called when all that is known was taken.
  func end() throws(EvaluationError) {
    if let stranger = rest.first {
      throw EvaluationError("\(owner) has an unknown member '\(stranger.name)'")
    }
  }

  func wrong(_ name: String, _ wanted: String) -> EvaluationError {
    EvaluationError("'\(name)' of \(owner) must be \(wanted)")
  }
}
