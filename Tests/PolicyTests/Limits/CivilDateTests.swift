import Testing

@testable import Policy

struct CivilDateTests {
  @Test(arguments: [
    ("1970-01-01", Int64(0)), ("1969-12-31", -1), ("2026-12-01", 20_788), ("2028-02-29", 21_243),
  ])
  func aDayIsWrittenAsItIsRead(text: String, days: Int64) throws {
    let date = try #require(CivilDate(text))
    #expect(date.days == days)
    #expect(CivilDate(days: days).text == text)
  }

  @Test(arguments: [
    "", "2026-12", "2026-12-1", "2026-13-01", "2026-00-01", "2026-02-29", "2026-04-31", "2026-01-00",
    "26-12-01", "2026/12/01", "2026-12-01T00:00Z", "+026-12-01", "2026--1-01", "２０２６-12-01",
  ])
  func whatIsNoDayIsRefused(text: String) {
    #expect(CivilDate(text) == nil)
  }
}
