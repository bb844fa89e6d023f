import Policy
import Testing

@testable import Settings

/// The machine's time zones.
struct ZoneFolderTests {
  @Test func withoutTheFolderThePackageIsNamed() {
    let error = #expect(throws: Refusal.self) { try ZoneFolder.zone(named: "Europe/Berlin", in: "/nowhere") }
    #expect(
      error?.message
        == "cannot be looked up, as there is no /nowhere: install the package tzdata, or write UTC")
  }

  @Test func utcNeedsNoFolder() throws {
    #expect(try ZoneFolder.zone(named: "UTC", in: "/nowhere") == .utc)
  }

  @Test(arguments: [
    "", "/", "Europe/", "/etc/localtime", "../../etc/passwd", "Europe/../../x", ".", "a b", "Europe//Berlin",
    "Europe/Berlin\n", "zone.tab", String(repeating: "a", count: 10_000),
  ])
  func namesThatLeadElsewhereAreRefused(name: String) {
    let error = #expect(throws: Refusal.self) { try ZoneFolder.zone(named: name) }
    #expect(error?.message == "is not a time zone, such as Europe/Berlin")
  }

  @Test(.enabled(if: Disk.names(in: "\(ZoneFolder.path)/right") != nil, "not every machine has them"))
  func zonesWithLeapSecondsAreRefused() {
    let error = #expect(throws: Refusal.self) { try ZoneFolder.zone(named: "right/Europe/Berlin") }
    #expect(error?.message.hasPrefix("cannot be read") == true)
  }
}
