import Testing

@testable import Policy

struct CachePolicyTests {
  @Test func jitterIsATenthEitherWay() {
    var chance = Chance(seed: 5)
    let times = (0..<20_000).map { _ in CachePolicy.jittered(.seconds(10), &chance) }
    #expect(times.min() == 9_000 && times.max() == 11_000)
    #expect(abs(times.reduce(0, +) / 20_000 - 10_000) < 25)
  }

  @Test(arguments: [(Duration.zero, 0...0), (.milliseconds(9), 9...9), (.milliseconds(10), 9...11)])
  func shortTimesStayTimes(_ ttl: Duration, _ expected: ClosedRange<Int64>) {
    var chance = Chance(seed: 5)
    for _ in 0..<100 { #expect(expected.contains(CachePolicy.jittered(ttl, &chance))) }
  }

  @Test func anAnswerIsKeptAsLongAsItMayServe() {
    let policy = CachePolicy(staleWhileRevalidate: .seconds(3), staleIfError: .seconds(2))
    #expect(policy.kept(.plain, ttl: 600_000) == 603_000)
    #expect(policy.kept(.refusal, ttl: 600_000) == 600_000)
    let other = CachePolicy(staleWhileRevalidate: .zero, staleIfError: .seconds(2))
    #expect(other.kept(.stream, ttl: 600_000) == 602_000)
    #expect(other.kept(.refusal, ttl: 0) == 1)
  }
}
