import Policy
import Testing

struct KeyWatchTests {
  private static func read(_ watch: inout KeyWatch, revoked: Set<String> = []) {
    for id in watch.next(.max) { watch.answered(id, isRevoked: revoked.contains(id)) }
  }

  @Test func everyKeyIsReadOnceInPieces() {
    var watch = KeyWatch(["a", "b", "c"])
    #expect(watch.next(2) == ["a", "b"] && watch.next(2) == ["c"] && watch.next(2) == [])
    #expect(!watch.isComplete)
    for id in ["a", "b", "c"] { watch.answered(id, isRevoked: id == "b") }
    #expect(watch.isComplete && (0..<3).map { watch.isRevoked($0) } == [false, true, false])
    #expect(watch.next(2) == [])
  }

  @Test func aKeyIsGoodUntilATombstoneIsSeen() {
    var watch = KeyWatch(["a"])
    #expect(!watch.isRevoked(0))
    Self.read(&watch)
    watch.changed(["a", "x"])
    #expect(!watch.isRevoked(0) && !watch.isComplete)
    Self.read(&watch, revoked: ["a"])
    #expect(watch.isRevoked(0))
  }

  @Test func aReadingThatFailedIsTriedAgain() {
    var watch = KeyWatch(["a", "b"])
    _ = watch.next(2)
    watch.failed("a")
    #expect(watch.next(2) == ["a"])
  }

  @Test func aKeyThatChangesWhileItIsReadIsReadAgain() {
    var watch = KeyWatch(["a", "b"])
    _ = watch.next(2)
    watch.changed(["a"])
    watch.answered("a", isRevoked: false)
    watch.answered("b", isRevoked: false)
    #expect(watch.next(2) == ["a"])
  }

  @Test func whoIsRevokedStaysSoWhateverIsForgotten() {
    var watch = KeyWatch(["a", "b"])
    Self.read(&watch, revoked: ["a"])
    watch.forgetAll()
    #expect(watch.next(9) == ["b"])
    watch.answered("a", isRevoked: false)
    watch.changed(["a"])
    watch.failed("a")
    #expect(watch.isRevoked(0) && watch.next(9) == [])
  }

  @Test func whatNobodyWatchesIsPassedOver() {
    var watch = KeyWatch([])
    watch.changed(["a"])
    watch.answered("a", isRevoked: true)
    watch.forgetAll()
    #expect(watch.isComplete && watch.next(1) == [])
  }
}
