/// What somebody makes of an answer, as `POST /v1/feedback` takes it:
/// `{"id": …, "score": 0…1}`, `{"id": …, "thumbs": "up"}`.
package struct Feedback: Equatable, Sendable {
  /// The sealed ticket of the answer.
  package let ticket: String
  package let grade: Grade

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
      throw FeedbackFlaw(name, "is unknown here: send id, and score or thumbs")
    }
    if members["comment"] != nil {
      throw FeedbackFlaw("comment", "is not kept anywhere here, so it is not taken: leave it out")
    }
    guard case .string(let ticket)? = members["id"], !ticket.isEmpty else {
      throw FeedbackFlaw("id", "is missing: send what the answer's header x-switchyard-feedback said")
    }
    self.ticket = ticket
    grade = try Self.grade(members["score"], members["thumbs"])
  }

  private static let known: Set<String> = ["id", "score", "thumbs", "comment"]

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

  private static func grade(_ score: JSONLiteral?, _ thumbs: JSONLiteral?) throws(FeedbackFlaw) -> Grade {
    switch (score, thumbs) {
    case (nil, nil): throw FeedbackFlaw("score", "is missing: send it, or thumbs")
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
}
