import Policy
import Testing

@testable import Coordination

struct FeedbackSecretTests {
  private func secret(_ digit: String = "a") throws -> FeedbackSecret {
    try #require(FeedbackSecret(text: String(repeating: digit, count: 64)))
  }

  private var ticket: FeedbackTicket {
    get throws {
      let rollout = FeedbackTicket.Rollout(
        model: try #require(ControlModel("chat")), version: 12, arm: .canary, unit: 7)
      return FeedbackTicket(at: 1_790_000_000_000, id: 9, rollout: rollout)
    }
  }

  @Test func whatWasSealedIsOpenedByItsHolder() throws {
    let sealed = try secret().seal(try ticket, for: "acme ci")
    #expect(try secret().open(sealed, by: "acme ci") == ticket)
    #expect(try secret().open(sealed, by: "acme c") == nil)
    #expect(try secret("b").open(sealed, by: "acme ci") == nil)
  }

  @Test func nothingThatWasChangedIsOpened() throws {
    let sealed = try secret().seal(try ticket, for: "acme ci")
    for place in sealed.indices {
      var changed = sealed
      changed.replaceSubrange(place...place, with: sealed[place] == "x" ? "y" : "x")
      #expect(try secret().open(changed, by: "acme ci") == nil, "\(changed)")
    }
    for text in ["", "~", sealed + "0", String(sealed.dropLast()), String(repeating: "a", count: 5_000)] {
      #expect(try secret().open(text, by: "acme ci") == nil)
    }
  }

  @Test(arguments: ["", "a", String(repeating: "A", count: 64), String(repeating: "a", count: 65)])
  func secretsAreSixtyFourDigits(text: String) {
    #expect(FeedbackSecret(text: text) == nil)
  }

  @Test func nothingPrintsASecret() throws {
    let secret = try secret()
    var dumped = ""
    dump(secret, to: &dumped)
    #expect(!"\(secret) \(String(reflecting: secret)) \(dumped)".contains("aa"))
    let (one, other) = (try #require(FeedbackSecret.random()), try #require(FeedbackSecret.random()))
    #expect(one.text != other.text && FeedbackSecret(text: one.text)?.text == one.text)
  }
}
