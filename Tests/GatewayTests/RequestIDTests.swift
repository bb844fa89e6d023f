import Policy
import Testing

@testable import Gateway

struct RequestIDTests {
  private func isSafe(_ id: String) -> Bool { Array(id.utf8).withUnsafeBytes(RequestID.isSafe) }

  @Test(arguments: ["a", "Z9", "req_abc.def:1/2+3=4-5", String(repeating: "x", count: 128)])
  func plainIdsAreSafe(id: String) { #expect(isSafe(id)) }

  @Test(arguments: [
    "", " ", "a b", "a\"b", "a\\b", "a\nb", "a,b", "a;b", "ä", "a\u{7F}", "\0", "a@b", "[", "`", "{",
  ])
  func whatCouldBreakALogOrAHeaderIsNot(id: String) { #expect(!isSafe(id)) }

  @Test func longIdsAreNotSafe() { #expect(!isSafe(String(repeating: "x", count: 129))) }

  @Test func ourOwnAreSafeAndOfOneLength() {
    var chance = Chance(seed: 1)
    for _ in 0..<1000 {
      let id = RequestID.make(&chance)
      #expect(id.hasPrefix("req_") && id.utf8.count == 29)
      #expect(isSafe(id))
    }
  }

  @Test func ourOwnDoNotRepeat() {
    var chance = Chance(seed: 2)
    let ids = Set((0..<100_000).map { _ in RequestID.make(&chance) })
    #expect(ids.count == 100_000)
  }

  /// 125 bits are in an id: each of its characters varies over the whole alphabet.
  @Test func everyCharacterVaries() {
    var chance = Chance(seed: 3)
    let ids = (0..<2000).map { _ in Array(RequestID.make(&chance).utf8) }
    for position in 4..<29 { #expect(Set(ids.map { $0[position] }).count == 32, "at \(position)") }
  }
}
