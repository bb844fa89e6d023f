import Testing

@testable import Policy

struct DecisionRingTests {
  private static func text(_ count: Int, _ byte: UInt8 = 0x61) -> [UInt8] {
    Array(repeating: byte, count: count)
  }

  @Test func whatIsKeptIsThereUntilItsTimeIsOver() {
    var ring = DecisionRing(limit: 10_000)
    ring.keep([1], of: "a", until: 100, now: 0)
    #expect(ring.text(of: "a", now: 99) == [1] && ring.text(of: "b", now: 99) == nil)
    #expect(ring.text(of: "a", now: 100) == nil)
    ring.sweep(now: 100)
    #expect(ring.bytes == 0)
  }

  @Test func theOldestGoFirstOnceThereIsNoRoom() {
    var ring = DecisionRing(limit: 10_000)
    for number in 0..<100 {
      ring.keep(Self.text(744), of: "r\(number % 10)\(number / 10)", until: 1_000, now: 0)
      #expect(ring.bytes <= 10_000)
    }
    let kept = (0..<100).filter { ring.text(of: "r\($0 % 10)\($0 / 10)", now: 0) != nil }
    #expect(kept == Array(91..<100))
  }

  @Test func theLastOfAnIDIsTheOneThatIsKept() {
    var ring = DecisionRing(limit: 10_000)
    ring.keep([1], of: "a", until: 10, now: 0)
    ring.keep([2], of: "a", until: 1_000, now: 0)
    ring.sweep(now: 500)
    #expect(ring.text(of: "a", now: 500) == [2])
    let bytes = ring.bytes
    for number in 0..<10_000 { ring.keep([3], of: "a", until: 1_000, now: Int64(number % 2)) }
    #expect(ring.bytes == bytes && ring.text(of: "a", now: 0) == [3])
  }

  /// Against a list of all that was ever said.
  @Test func itKeepsASuffixOfWhatCame() {
    var (ring, chance, said) = (DecisionRing(limit: 6_000), Chance(seed: 3), [(id: String, text: [UInt8])]())
    for _ in 0..<5_000 {
      let id = "r\(chance.below(40))"
      let text = Self.text(chance.below(900), UInt8(chance.below(256)))
      ring.keep(text, of: id, until: .max, now: 0)
      said.append((id, text))
      var (seen, isOver) = (Set<String>(), false)
      for one in said.reversed().prefix(200) where seen.insert(one.id).inserted {
        let kept = ring.text(of: one.id, now: 0)
        #expect(kept == nil || kept == one.text && !isOver)
        if kept == nil { isOver = true }
      }
      #expect(ring.bytes <= 6_000 && ring.text(of: id, now: 0) == text)
    }
  }
}
