import Testing

@testable import Policy

/// Bodies of `POST /v1/feedback`.
struct FeedbackTests {
  @Test(
    arguments: [
      (#"{"id":"t","score":0.25}"#, .score(250_000)), (#"{"id":"t","score":1}"#, .score(1_000_000)),
      (#"{"id":"t","score":1e-7}"#, .score(0)), (#"{"thumbs":"up","id":"t"}"#, .up),
      (#" {"id":"t","thumbs":"down"} "#, .down),
    ] as [(String, Feedback.Grade)])
  func gradesAreRead(body: String, grade: Feedback.Grade) throws {
    let feedback = try Feedback(body: body)
    #expect(feedback.ticket == "t" && feedback.grade == grade)
  }

  @Test(
    arguments: [
      ("", nil), ("[]", nil), ("{", nil), (#"{"score":1}"#, "id"), (#"{"id":7,"score":1}"#, "id"),
      (#"{"id":"","score":1}"#, "id"), (#"{"id":"t"}"#, "score"), (#"{"id":"t","score":1.01}"#, "score"),
      (#"{"id":"t","score":-0.1}"#, "score"), (#"{"id":"t","score":"1"}"#, "score"),
      (#"{"id":"t","score":1,"thumbs":"up"}"#, "thumbs"), (#"{"id":"t","thumbs":"Up"}"#, "thumbs"),
      (#"{"id":"t","thumbs":true}"#, "thumbs"), (#"{"id":"t","score":1,"comment":"fine"}"#, "comment"),
      (#"{"id":"t","score":1,"user":"ann"}"#, "user"), (#"{"id":"t","score":1,"score":0}"#, nil),
    ] as [(String, String?)])
  func whatIsNoneSaysWhere(body: String, member: String?) {
    let flaw = #expect(throws: FeedbackFlaw.self) { try Feedback(body: body) }
    #expect(flaw?.member == member)
  }

  @Test func outcomesAreThousandths() throws {
    let feedback = try Feedback(body: #"{"id":"t","outcome":{"bought":true,"value":12.3456,"left":false}}"#)
    #expect(feedback.grade == nil)
    #expect(feedback.outcomes == ["bought": 1_000, "value": 12_346, "left": 0])
    #expect(try Feedback(body: #"{"id":"t","thumbs":"up","outcome":{}}"#).outcomes.isEmpty)
  }

  @Test(arguments: [
    "7", "{\"a\":-1}", "{\"a\":90001}", "{\"a\":\"1\"}", "{\"a\":null}", "[1]",
  ])
  func outcomesAreNumbers(outcome: String) {
    let flaw = #expect(throws: FeedbackFlaw.self) {
      try Feedback(body: "{\"id\":\"t\",\"outcome\":\(outcome)}")
    }
    #expect(flaw?.member == "outcome")
  }

  @Test func whatARequestWasMayBeSaidAlone() throws {
    let said = try Feedback(body: #"{"id":"t","complexity":"high","task":"Code-Review"}"#)
    #expect(said.said == RequestClass(task: .review, complexity: .high) && said.grade == nil)
    #expect(try Feedback(body: #"{"id":"t","thumbs":"up"}"#).said.isEmpty)
    for (member, value) in [
      ("task", "\"cooking\""), ("task", "1"), ("complexity", "\"High\""), ("complexity", "0.5"),
    ] {
      let flaw = #expect(throws: FeedbackFlaw.self) {
        try Feedback(body: "{\"id\":\"t\",\"\(member)\":\(value)}")
      }
      #expect(flaw?.member == member && flaw?.reason.contains("is none of") == true)
    }
  }

  @Test func lowIsBelowMostOfTheBaselineOrBelowAHalf() {
    #expect(Feedback.Grade.down.isLow(0) && Feedback.Grade.down.isLow(nil))
    #expect(!Feedback.Grade.up.isLow(1_000_001))
    #expect(Feedback.Grade.score(499_999).isLow(nil) && !Feedback.Grade.score(500_000).isLow(nil))
    #expect(Feedback.Grade.score(799_999).isLow(800_000) && !Feedback.Grade.score(800_000).isLow(800_000))
  }
}
