import Testing

@testable import Policy

struct RefusalMemoTests {
  private static func charge(_ cost: Int64, key: String = "k") -> Charge {
    Charge(key: key, rule: .bucket(Bucket.Rule(tokens: 10, window: 1_000)), cost: cost)
  }

  private static func memo(wait: Int64?) -> RefusalMemo {
    var memo = RefusalMemo()
    memo.note(charge(5), wait: wait, left: 3, now: 1_000)
    return memo
  }

  @Test func asMuchIsRefusedWithWhatIsLeftOfTheWait() {
    var memo = Self.memo(wait: 100)
    let refusal = memo.refusal(of: Self.charge(5), now: 1_040)
    #expect(refusal?.wait == 60)
    #expect(refusal?.left == 3)
  }

  @Test func lessMayFit() {
    var memo = Self.memo(wait: 100)
    let refusal = memo.refusal(of: Self.charge(4), now: 1_040)
    #expect(refusal == nil)
  }

  @Test func whatWasGivenBackIsAskedForAgain() {
    var memo = Self.memo(wait: 100)
    memo.forget("k")
    let refusal = memo.refusal(of: Self.charge(5), now: 1_040)
    #expect(refusal == nil)
  }

  @Test func othersAreNotConcerned() {
    var memo = Self.memo(wait: 100)
    let refusal = memo.refusal(of: Self.charge(5, key: "other"), now: 1_040)
    #expect(refusal == nil)
  }

  @Test(arguments: [(100, 1_100), (5_000, 1_250), (nil, 1_250)] as [(Int64?, Int64)])
  func itIsForgottenInTime(wait: Int64?, end: Int64) {
    var memo = Self.memo(wait: wait)
    let before = memo.refusal(of: Self.charge(9), now: end - 1)
    let after = memo.refusal(of: Self.charge(9), now: end)
    #expect(before != nil)
    #expect(after == nil)
  }
}
