import Policy
import Testing

struct KeyInstantTests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"),
    (1_795_290_242, "2026-11-21T19:44:02Z"), (4_107_542_399, "2100-02-28T23:59:59Z"),
    (253_402_300_799, "9999-12-31T23:59:59Z"),
  ])
  func instantsAreWrittenInUTC(_ seconds: Int64, _ text: String) {
    #expect(KeyInstant(seconds: seconds).description == text)
    #expect(KeyInstant(text)?.seconds == seconds)
  }

  @Test(arguments: [
    "", "2026-11-21", "2026-11-21T20:18:42", "2026-11-21 20:18:42Z", "2026-11-21T20:18:42z",
    "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-11-21T24:00:00Z",
    "2026-11-21T20:60:00Z", "2026-11-21T20:18:60Z", "+026-11-21T20:18:42Z", "1969-12-31T23:59:59Z",
    "2026-11-21T20:18:42.5Z", "2026-11-21T20:18:4éZ",
  ])
  func whatIsNoInstantIsRefused(_ text: String) { #expect(KeyInstant(text) == nil) }

  @Test func whatCannotBeWrittenIsTheNearestThatCan() {
    #expect(KeyInstant(seconds: -1).seconds == 0)
    #expect(KeyInstant(seconds: .max).description == "9999-12-31T23:59:59Z")
    #expect(KeyInstant(milliseconds: 1_999).seconds == 1)
    #expect(KeyInstant(milliseconds: .min).seconds == 0)
  }
}
