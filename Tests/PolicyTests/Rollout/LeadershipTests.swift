import Testing

@testable import Policy

/// Until when a leader may act.
struct LeadershipTests {
  @Test func itActsForSevenTenthsOfTheLeaseFromWhenItAsked() {
    var leadership = Leadership(id: "a", term: 5_000)
    #expect(leadership.leader(now: 0) == nil)
    #expect(leadership.took(.held(epoch: 7, left: 5_000), sent: 100, now: 400) == .began(epoch: 7))
    #expect(leadership.leader(now: 3_599) == ControlLeader(id: "a", epoch: 7))
    #expect(leadership.leader(now: 3_600) == nil)
    #expect(leadership.took(.held(epoch: 7, left: 5_000), sent: 1_100, now: 1_101) == .none)
    #expect(leadership.leader(now: 4_599) != nil)
    #expect(leadership.leader(now: 4_600) == nil)
  }

  @Test func aReplyThatCameLateProlongsNothingTwice() {
    var leadership = Leadership(id: "a", term: 5_000)
    _ = leadership.took(.held(epoch: 7, left: 5_000), sent: 2_000, now: 2_001)
    _ = leadership.took(.held(epoch: 7, left: 5_000), sent: 1_000, now: 5_000)
    #expect(leadership.leader(now: 5_499) != nil)
    #expect(leadership.leader(now: 5_500) == nil)
  }

  @Test func whoWasPausedLeadsNoMore() {
    var leadership = Leadership(id: "a", term: 5_000)
    _ = leadership.took(.held(epoch: 7, left: 5_000), sent: 0, now: 1)
    #expect(leadership.check(now: 3_499) == .none)
    #expect(leadership.check(now: 20_000) == .ended)
    #expect(leadership.check(now: 20_001) == .none)
    #expect(leadership.took(.held(epoch: 9, left: 5_000), sent: 20_000, now: 20_002) == .began(epoch: 9))
  }

  @Test func anotherOnesLeaseEndsIt() {
    var leadership = Leadership(id: "a", term: 5_000)
    _ = leadership.took(.held(epoch: 7, left: 5_000), sent: 0, now: 1)
    #expect(leadership.took(.other(epoch: 8, left: 4_000, holder: "b"), sent: 1_000, now: 1_001) == .ended)
    #expect(leadership.leader(now: 1_001) == nil)
    #expect(leadership.other?.holder == "b")
  }

  @Test func aNewEpochOfItsOwnBeginsAnew() {
    var leadership = Leadership(id: "a", term: 5_000)
    _ = leadership.took(.held(epoch: 7, left: 5_000), sent: 0, now: 1)
    #expect(leadership.took(.held(epoch: 9, left: 5_000), sent: 1_000, now: 1_001) == .began(epoch: 9))
  }
}
