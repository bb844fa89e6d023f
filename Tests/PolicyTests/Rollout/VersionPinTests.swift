import Testing

@testable import Policy

/// Versions that clients ask for.
struct VersionPinTests {
  @Test(arguments: [
    ("12", 12...12), (">=11", 11...1_000_000_000), ("<=14", 1...14), (">=11,<=14", 11...14),
    ("<=14, >=11", 11...14), (" 7 ", 7...7), ("1000000000", 1_000_000_000...1_000_000_000),
  ])
  func rangesAreRead(text: String, versions: ClosedRange<Int>) {
    #expect(VersionPin(text)?.versions == versions)
  }

  @Test(arguments: [
    "", "0", "-1", "x", "1.5", ">=", ">=x", ">=14,<=11", ">=1,>=2", "1,2", ">=1,<=2,<=3", "1000000001",
    "12345678901",
    "٣", ">12",
  ])
  func whatIsNoRangeIsRefused(text: String) {
    #expect(VersionPin(text) == nil)
  }

  @Test func theOneThatServesComesFirstThenTheHighest() throws {
    let pin = try #require(VersionPin(">=10"))
    #expect(pin.version(of: [9, 10, 11, 12], active: 11) == 11)
    #expect(pin.version(of: [9, 10, 12], active: 9) == 12)
    #expect(pin.version(of: [9], active: 9) == nil)
    #expect(pin.version(of: [10], active: 11) == 10, "the one that serves isn't here")
  }

  @Test func namesAreSplitAtTheLastSign() {
    #expect(VersionPin.parts(of: "chat@12").map { "\($0.model) \($0.version)" } == "chat 12")
    #expect(VersionPin.parts(of: "a@b@>=1").map { "\($0.model) \($0.version)" } == "a@b >=1")
    #expect(VersionPin.parts(of: "chat") == nil)
    #expect(VersionPin.parts(of: "@12") == nil)
  }
}
