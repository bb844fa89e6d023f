/// What somebody makes of an answer, as `POST /v1/feedback` takes it:
/// `{"id": …, "score": 0…1}`, `{"id": …, "thumbs": "up"}`, either with or without `"outcome": {"bought": 1}` and `"complexity": "high"` or
/// `"task": "code"`, or those alone.
package struct Feedback: Equatable, Sendable {
  /// The sealed ticket of the answer.
  package let ticket: String
  /// Nil where there are outcomes alone, or what the request was.
  package let grade: Grade?
  /// Of its session, by name: thousandths.
  package let outcomes: [String: Int64]
  /// What its request really was; empty where that isn't said.
  package let said: RequestClass

  package enum Grade: Equatable, Sendable {
    /// In millionths.
    case score(Int64)
    case up, down
  }

  /// Bytes of a body; more is refused.
  package static let mostBytes = 16 << 10
}

extension Feedback.Grade {
  package static let best: Int64 = 1_000_000

  /// In millionths.
  package var value: Int64 {
    switch self {
    case .score(let value): value
    case .up: Self.best
    case .down: 0
    }
  }

  /// Whether it is an event against its version: a thumb down, or a score below what most of the baseline's are; below a half, where
  /// that is not known.
  func isLow(_ threshold: Int64?) -> Bool {
    switch self {
    case .up: false
    case .down: true
    case .score(let value): value < threshold ?? Self.best / 2
    }
  }
}

/// Why a body is no feedback.
package struct FeedbackFlaw: Error, Equatable {
  /// The member at fault; nil where it is the whole.
  package let member: String?
  package let reason: String

  init(_ member: String?, _ reason: String) { (self.member, self.reason) = (member, reason) }
}

extension Feedback {
  package init(body: String) throws(FeedbackFlaw) {
    let members: [String: JSONLiteral] = try Self.members(body)
    if let name = members.keys.sorted().first(where: { !Self.known.contains($0) }) {
      throw FeedbackFlaw(name, "is unknown here: send id, score or thumbs, outcome, complexity and task")
    }
    if members["comment"] != nil {
      throw FeedbackFlaw("comment", "is not kept anywhere here, so it is not taken: leave it out")
    }
    guard case .string(let ticket)? = members["id"], !ticket.isEmpty else {
      throw FeedbackFlaw("id", "is missing: send what the answer's header x-switchyard-feedback said")
    }
    self.ticket = ticket
    grade = try Self.grade(members["score"], members["thumbs"])
    outcomes = try Self.outcomes(members["outcome"])
    said = RequestClass(
      task: try Self.task(members["task"]), complexity: try Self.complexity(members["complexity"]))
    if grade == nil, outcomes.isEmpty, said.isEmpty {
      throw FeedbackFlaw("score", "is missing: send it, thumbs, outcome, complexity or task")
    }
  }

  private static let known: Set<String> = [
    "id", "score", "thumbs", "outcome", "complexity", "task", "comment",
  ]
  private static let mostOutcomes = 16

  private static func members(_ body: String) throws(FeedbackFlaw) -> [String: JSONLiteral] {
    let value: JSONLiteral
    do throws(JSONLiteral.Flaw) {
      value = try JSONLiteral(text: body)
    } catch {
      throw FeedbackFlaw(nil, "the body is no JSON: at byte \(error.offset) stands \(error.reason)")
    }
    guard case .object(let members) = value else {
      throw FeedbackFlaw(nil, "the body is no object: send {\"id\": …, \"score\": 0 to 1}")
    }
    return Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
  }

  /// Numbers that are not negative; true is 1.
  private static func outcomes(_ value: JSONLiteral?) throws(FeedbackFlaw) -> [String: Int64] {
    guard let value else { return [:] }
    guard case .object(let members) = value, members.count <= mostOutcomes else {
      throw FeedbackFlaw("outcome", "is no object of at most \(mostOutcomes) names and numbers")
    }
    var outcomes: [String: Int64] = [:]
    for member in members {
      let number: Double? =
        switch member.value {
        case .bool(let isTrue): isTrue ? 1 : 0
        case .number(let number): Double(number.text)
        case .null, .string, .array, .object: nil
        }
      let most = Double(ExperimentMetric.Kind.most) / 1_000
      guard let number, (0...most).contains(number) else {
        throw FeedbackFlaw("outcome", "has a value that is no number from 0 to \(Int(most))")
      }
      outcomes[member.name] = Int64((number * 1_000).rounded())
    }
    return outcomes
  }

  private static func grade(
    _ score: JSONLiteral?, _ thumbs: JSONLiteral?
  ) throws(FeedbackFlaw) -> Grade? {
    switch (score, thumbs) {
    case (nil, nil): return nil
    case (.some, .some): throw FeedbackFlaw("thumbs", "stands beside score: send one of them")
    case (.number(let number)?, nil):
      guard let value = Double(number.text), (0...1).contains(value) else {
        throw FeedbackFlaw("score", "is not from 0 to 1")
      }
      return .score(Int64((value * Double(Grade.best)).rounded()))
    case (.some, nil): throw FeedbackFlaw("score", "is no number: send one from 0 to 1")
    case (nil, .string("up")?): return .up
    case (nil, .string("down")?): return .down
    case (nil, .some): throw FeedbackFlaw("thumbs", "is neither \"up\" nor \"down\"")
    }
  }

  private static func task(_ value: JSONLiteral?) throws(FeedbackFlaw) -> TaskKind? {
    guard let value else { return nil }
    guard case .string(let name) = value, let task = TaskKind(name: name) else {
      throw FeedbackFlaw("task", "is none of \(words(of: TaskKind.self))")
    }
    return task
  }

  private static func complexity(_ value: JSONLiteral?) throws(FeedbackFlaw) -> ComplexityBand? {
    guard let value else { return nil }
    guard case .string(let name) = value, let band = ComplexityBand(rawValue: name) else {
      throw FeedbackFlaw("complexity", "is none of \(words(of: ComplexityBand.self))")
    }
    return band
  }

  private static func words<Word: RawRepresentable<String> & CaseIterable>(of type: Word.Type) -> String {
    type.allCases.map(\.rawValue).joined(separator: ", ")
  }
}
