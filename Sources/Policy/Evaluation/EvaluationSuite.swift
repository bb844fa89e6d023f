/// Cases that a version of a model has to answer as well as the one that serves: a file with a JSON object in each line.
///
///     {"name": "greets", "request": {"messages": [{"role": "user", "content": "Hello"}]}, "expect": {"contains": "Hello"}}
package struct EvaluationSuite: Sendable {
  package struct Case: Sendable {
    package var name: String
    /// A chat request's body, without `model`.
    package var request: [JSONLiteral.Member]
    package var expect: Expectation
  }

  package let cases: [Case]
  /// Of the file's bytes: what a report is about.
  package let digest: ContentDigest

  package static let mostCases = 1_000

  package init(_ text: String, digest: ContentDigest) throws(EvaluationError) {
    (cases, self.digest) = (try Self.cases(in: text), digest)
  }

  /// Reads a file; empty lines are passed over.
  package static func cases(in text: String) throws(EvaluationError) -> [Case] {
    var cases: [Case] = []
    var lines: [String: Int] = [:]
    // By bytes: to Swift, the end of a line of Windows is one sign, and no end of a line.
    let all = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in all.map({ Substring($0) }).enumerated() {
      guard line.contains(where: { !$0.isWhitespace }) else { continue }
      let this: Case
      do throws(EvaluationError) { this = try read(String(line)) } catch {
        throw EvaluationError(line: index + 1, error.reason)
      }
      if let first = lines.updateValue(index + 1, forKey: this.name) {
        throw EvaluationError(line: index + 1, "'\(this.name)' is the name of the case in line \(first) too")
      }
      cases.append(this)
    }
    if cases.isEmpty { throw EvaluationError("the suite has no cases") }
    if cases.count > Self.mostCases {
      throw EvaluationError("the suite has more than \(Self.mostCases) cases")
    }
    return cases
  }

  private static func read(_ line: String) throws(EvaluationError) -> Case {
    let value: JSONLiteral
    do throws(JSONLiteral.Flaw) { value = try JSONLiteral(text: line) } catch {
      throw EvaluationError("this is no JSON: there is \(error.reason) at byte \(error.offset)")
    }
    var members = try EvaluationMembers(value, of: "the case")
    guard let name = try members.text("name"), name.count <= 100 else {
      throw EvaluationError("the case has no name, or one of more than 100 characters")
    }
    guard case .object(let request)? = members.take("request") else {
      throw EvaluationError("the case has no request: write the body of a chat request, without model")
    }
    try check(request)
    let expect = try Expectation(members.take("expect") ?? .object([]))
    try members.end()
    return Case(name: name, request: request, expect: expect)
  }

  private static func check(_ request: [JSONLiteral.Member]) throws(EvaluationError) {
    if request.contains(where: { $0.name == "model" }) {
      throw EvaluationError("the request names a model: leave it out, it is the one that is evaluated")
    }
    if request.contains(where: { $0.name == "stream" }) {
      throw EvaluationError("the request says whether it streams: leave it out, answers are read as a whole")
    }
    guard case .array(let messages)? = request.first(where: { $0.name == "messages" })?.value,
      !messages.isEmpty
    else { throw EvaluationError("the request has no messages") }
  }
}

extension EvaluationSuite.Case {
  /// The body that is sent.
  package func body(for model: String) -> String {
    JSONLiteral.object(request + [.init("model", .string(model))]).text
  }
}
