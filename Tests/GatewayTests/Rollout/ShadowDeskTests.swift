import Policy
import Settings
import Testing

@testable import Gateway

/// How many copies there are at a time, and where they are not welcome.
struct ShadowDeskTests {
  private let desk = ShadowDesk()
  private var terms = Settings.Shadow(sample: 100, budget: 1_000)

  init() {
    terms.maxConcurrent = 2
    desk.apply(["chat", "big"])
    desk.hear("chat", spent: 0, now: 0)
    desk.hear("big", spent: 0, now: 0)
  }

  private func enter(_ model: String, cost: Int64 = 1, now: Int64 = 0) -> ShadowDrop? {
    desk.enter(model, cost: cost, terms, now: now)
  }

  @Test func allModelsShareTheReplicasPlaces() {
    #expect(enter("chat") == nil && enter("big") == nil)
    #expect(enter("chat") == .full && desk.active == 2)
    desk.leave("big", reserved: 1, cost: 1)
    #expect(enter("chat") == nil)
  }

  @Test func eachModelHasItsBudget() {
    #expect(enter("chat", cost: 1_001) == .budgetSpent)
    #expect(enter("chat", cost: 1_000) == nil && enter("big", cost: 1_000) == nil)
    #expect(enter("other") == .full)
    desk.leave("big", reserved: 1_000, cost: 5)
    #expect(enter("other") == .budgetUnknown, "nobody gets copies there")
  }

  @Test func whoAsksToBeLeftAloneIs() {
    desk.pause("chat", until: 5_000)
    desk.pause("chat", until: 4_000)
    #expect(enter("chat", now: 4_999) == .cooldown && enter("big", now: 4_999) == nil)
    #expect(enter("chat", now: 5_000) == nil)
  }

  @Test func whatHasNoChanceIsKnownBefore() {
    #expect(desk.obstacle("chat", terms, now: 10_000) == nil && desk.active == 0)
    #expect(desk.obstacle("chat", terms, now: 10_001) == .budgetUnknown)
    #expect(desk.obstacle("other", terms, now: 0) == .budgetUnknown)
    desk.hear("chat", spent: 1_001, now: 0)
    #expect(desk.obstacle("chat", terms, now: 0) == .budgetSpent)
    desk.pause("big", .answer, until: 5_000)
    #expect(desk.obstacle("big", terms, now: 4_999) == .cooldown)
  }

  @Test func aJudgeIsLeftAloneByItself() {
    desk.pause("chat", .judgement, until: 5_000)
    #expect(enter("chat") == nil)
    #expect(desk.enter("chat", .judgement, cost: 1, terms, now: 4_999) == .cooldown)
    #expect(desk.enter("chat", .judgement, cost: 1, terms, now: 5_000) == nil)
    #expect(enter("chat") == .full, "copies and questions share the places")
  }

  @Test func whatIsNotToldYetOutlivesItsCandidate() {
    #expect(enter("chat", cost: 10) == nil)
    desk.apply([])
    desk.leave("chat", reserved: 10, cost: 7)
    #expect(desk.takeUntold(besides: ["chat"]).isEmpty)
    let told = desk.takeUntold(besides: [])
    #expect(told.map(\.model) == ["chat"] && told.map(\.amount) == [7])
    desk.hear("chat", spent: 7, now: 1)
    desk.apply([])
    #expect(desk.takeUntold(besides: []).isEmpty)
  }

  @Test func fourWorkersTakeNoMoreThanThereIs() async {
    await onFourThreads { _ in
      for _ in 0..<1_000 where enter("chat", cost: 1) == nil {
        #expect(desk.active <= 2)
        desk.leave("chat", reserved: 1, cost: 0)
      }
    }
    #expect(desk.active == 0)
  }
}
