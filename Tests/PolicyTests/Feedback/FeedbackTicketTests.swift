import Testing

@testable import Policy

struct FeedbackTicketTests {
  private func ticket(_ model: String = "chat", _ arm: StickyArm = .canary) throws -> FeedbackTicket {
    FeedbackTicket(
      at: 1_790_000_000_123, id: .max,
      rollout: .init(model: try #require(ControlModel(model)), version: 12, arm: arm, unit: 77))
  }

  private var trial: FeedbackTicket {
    let subject = ExperimentSubject(name: "a/b:c+1", edition: "0123456789abcdef")
    return FeedbackTicket(at: 5, id: 6, trial: .init(subject: subject, arm: 11, unit: 3))
  }

  @Test func textsAreReadBack() throws {
    for ticket in [
      try ticket(), try ticket("a~b@1 é/x", .baseline), FeedbackTicket(at: 0, id: 0), trial,
    ] {
      #expect(FeedbackTicket(text: ticket.text) == ticket)
      #expect(ticket.text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
    }
  }

  @Test(arguments: [
    "", "1", "2~0~0~-~-", "1~0~0~-", "1~0~0~-~", "1~0~0~-~-~-", "1~x!~0~-~-", "1~0~zzzzzzzzzzzzzzzz~-~-",
    "1~0~0~chat@c@x@1~-", "1~0~0~chat@c@c~-", "1~0~0~@c@c@1~-", "1~zzzzzzzzzzzzz~0~-~-", "1~0~0~-~a@1@0",
    "1~0~0~-~@1@0@0", "1~0~0~-~a@@0@0", "1~0~0~-~a@1@!@0",
  ])
  func nothingElseIsATicket(text: String) {
    #expect(FeedbackTicket(text: text) == nil)
  }

  @Test func aTicketOfNoSessionIsItsOwnSession() throws {
    #expect(FeedbackTicket(at: 0, id: 5).unit == 5)
    #expect(try ticket().unit == 77)
    #expect(trial.unit == 3)
  }
}

/// What was judged, as the embedded engine keeps it.
struct FeedbackStoreTests {
  private static let names = FeedbackNames(prefix: "sy")

  private func mark(_ ticket: UInt64, _ call: String, unit: UInt64 = 1) throws -> FeedbackMark {
    let rollout = FeedbackTicket.Rollout(
      model: try #require(ControlModel("chat")), version: 1, arm: .canary, unit: unit)
    return FeedbackMark(FeedbackTicket(at: 0, id: ticket, rollout: rollout), call: call)
  }

  @Test func anAnswerIsJudgedOnce() throws {
    var store = FeedbackStore(Self.names)
    #expect(store.mark(try mark(1, "a"), now: 0) == .counts)
    #expect(store.mark(try mark(1, "b"), now: 5_000) == .repeated)
    // The same call again: its answer was lost.
    #expect(store.mark(try mark(1, "a"), now: 5_000) == .counts)
  }

  @Test func aSessionCountsOnceInASecond() throws {
    var store = FeedbackStore(Self.names)
    #expect(store.mark(try mark(1, "a"), now: 0) == .counts)
    #expect(store.mark(try mark(2, "b"), now: 999) == .uncounted)
    #expect(store.mark(try mark(2, "b"), now: 5_000) == .uncounted)
    #expect(store.mark(try mark(3, "c"), now: 1_000) == .counts)
    #expect(store.mark(try mark(4, "d", unit: 2), now: 1_000) == .counts)
  }

  @Test func marksOutliveTheirTicketsAndThenGo() throws {
    var store = FeedbackStore(Self.names)
    _ = store.mark(try mark(1, "a"), now: 0)
    store.sweep(now: FeedbackTicket.lifetime + 1)
    #expect(store.mark(try mark(1, "b"), now: FeedbackTicket.lifetime + 1) == .repeated)
    store.sweep(now: FeedbackMark.lifetime)
    #expect(store.entries.isEmpty)
  }

  @Test func theFirstSecretStays() {
    var store = FeedbackStore(Self.names)
    #expect(store.secret("a", now: 0) == "a")
    #expect(store.secret("b", now: 1 << 50) == "a")
  }
}
