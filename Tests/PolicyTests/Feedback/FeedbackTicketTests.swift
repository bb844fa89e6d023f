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

  private func choice(_ model: String = "chat", arm: Int = 1) throws -> FeedbackTicket.Choice {
    var facts = RequestFacts(surface: .chatCompletions)
    facts.textBytes = 777
    return FeedbackTicket.Choice(
      model: try #require(ControlModel(model)), edition: "0123456789abcdef",
      context: .init(features: ChoiceFeatures(facts), arm: arm, propensity: 0.025, least: 0.0125),
      penalty: 0.125)
  }

  @Test func aChoiceIsReadBack() throws {
    for ticket in [
      FeedbackTicket(at: 1, id: 2, choice: try choice()),
      FeedbackTicket(at: 1, id: 2, session: 5, choice: try choice("a~b@1 é/x", arm: 7)),
      FeedbackTicket(at: 1, id: 2, rollout: try ticket().rollout, trial: trial.trial, choice: try choice()),
    ] {
      #expect(FeedbackTicket(text: ticket.text) == ticket)
      #expect(ticket.text.utf8.count < 300)
    }
    let text = FeedbackTicket(at: 1, id: 2, choice: try choice()).text
    #expect(text.hasPrefix("3~1~2~-~-~-~chat@0123456789abcdef@1@"))
    let others: [String] = [
      "2\(text.dropFirst())", text.replacing("@1@", with: "@8@"), text.replacing("~-~chat", with: "~chat"),
      String(text.dropLast()), text.replacing("abcdef", with: "abc@def"), "\(text)~1",
    ]
    for other in others {
      #expect(FeedbackTicket(text: other) == nil, "\(other)")
    }
  }

  @Test func textsAreReadBack() throws {
    for ticket in [
      try ticket(), try ticket("a~b@1 é/x", .baseline), FeedbackTicket(at: 0, id: 0), trial,
      FeedbackTicket(at: 1, id: 2, session: .max),
      FeedbackTicket(at: 5, id: 6, rollout: try ticket().rollout, trial: trial.trial, session: 0),
    ] {
      #expect(FeedbackTicket(text: ticket.text) == ticket)
      #expect(ticket.text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
    }
  }

  @Test(arguments: [
    "", "1", "2~0~0~-~-", "1~0~0~-", "1~0~0~-~", "1~0~0~-~-~-", "1~x!~0~-~-", "1~0~zzzzzzzzzzzzzzzz~-~-",
    "1~0~0~chat@c@x@1~-", "1~0~0~chat@c@c~-", "1~0~0~@c@c@1~-", "1~zzzzzzzzzzzzz~0~-~-", "1~0~0~-~a@1@0",
    "1~0~0~-~@1@0@0", "1~0~0~-~a@@0@0", "1~0~0~-~a@1@!@0", "1~0~0~-~-~1", "2~0~0~-~-~", "2~0~0~-~-~!",
    "2~0~0~-~-~1~1", "3~0~0~-~-~1",
  ])
  func nothingElseIsATicket(text: String) {
    #expect(FeedbackTicket(text: text) == nil)
  }

  @Test func aTicketOfNoSessionIsItsOwnSession() throws {
    #expect(FeedbackTicket(at: 0, id: 5).unit == 5)
    #expect(try ticket().unit == 77)
    #expect(trial.unit == 3)
    #expect(FeedbackTicket(at: 5, id: 6, trial: trial.trial, session: 9).unit == 9)
  }

  /// Replicas of the release before read what rules don't ask about.
  @Test func aTicketWithoutASessionIsWrittenAsBefore() {
    #expect(FeedbackTicket(at: 0, id: 5).text == "1~0~5~-~-")
    #expect(FeedbackTicket(at: 0, id: 5, session: 35).text == "2~0~5~-~-~z")
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

  private func judged(_ store: inout FeedbackStore, _ ticket: UInt64, _ grade: Feedback.Grade?, now: Int64) {
    let mark = FeedbackMark(FeedbackTicket(at: 0, id: ticket, session: 7), call: "c-\(ticket)", grade)
    #expect(store.mark(mark, now: now) != .repeated)
  }

  @Test func aSessionRejectsItsLastAnswerForAWhile() {
    var store = FeedbackStore(Self.names)
    #expect(!store.hasRejected(7, now: 0))
    judged(&store, 1, .down, now: 0)
    #expect(store.hasRejected(7, now: FeedbackMark.rejection - 1) && !store.hasRejected(8, now: 1))
    #expect(!store.hasRejected(7, now: FeedbackMark.rejection))
    // Outcomes alone say nothing of it; a better answer takes it back.
    judged(&store, 2, nil, now: 1)
    #expect(store.hasRejected(7, now: 2))
    judged(&store, 3, .score(500_000), now: 3)
    #expect(!store.hasRejected(7, now: 4))
    judged(&store, 4, .score(499_999), now: 5)
    #expect(store.hasRejected(7, now: 6))
  }

  @Test func whatWasJudgedBeforeRejectsNothing() {
    var store = FeedbackStore(Self.names)
    judged(&store, 1, .up, now: 0)
    let again = FeedbackMark(FeedbackTicket(at: 0, id: 1, session: 7), call: "other", .down)
    #expect(store.mark(again, now: 1) == .repeated && !store.hasRejected(7, now: 2))
  }

  @Test func whereRulesDoNotAskNothingIsKept() throws {
    #expect(FeedbackMark(FeedbackTicket(at: 0, id: 1), call: "c", .down).rejects == nil)
    #expect(try mark(1, "a").rejects == nil)
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
