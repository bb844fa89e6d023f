import Testing

@testable import Policy

/// What replicas tell one another of what they have learned, as the embedded engine keeps it.
struct ChoiceStoreTests {
  private let model: ControlModel
  private static let names = ChoiceNames(prefix: "sy")

  init() throws { model = try #require(ControlModel("chat")) }

  private func note(
    _ replica: String, _ sequence: Int64, _ numbers: String = "1 2", adopts: ChoiceNote.Adoption? = nil,
    isAnew: Bool = false
  ) -> ChoiceNote {
    ChoiceNote(
      replica: replica, sequence: sequence, model, edition: "e", numbers: numbers, adoption: adopts,
      isAnew: isAnew)
  }

  @Test func aReplicaOverwritesWhatItHasTold() {
    var store = ChoiceStore(Self.names)
    #expect(store.tell(note("a", 1), now: 5) == .told)
    #expect(store.tell(note("a", 2, "3 4"), now: 6) == .told)
    #expect(store.tell(note("b", 1), now: 7) == .told)
    #expect(store.fields(of: model, now: 8) == ["a": "6 2 e 3 4", "b": "7 1 e 1 2"])
    #expect(Array(store.entries.keys) == ["sy:{ml:chat}:sums"])
  }

  @Test func theSameCallAgainChangesNothing() {
    var store = ChoiceStore(Self.names)
    #expect(store.tell(note("a", 2, "3 4"), now: 6) == .told)
    #expect(store.tell(note("a", 2, "3 4"), now: 9) == .repeated)
    #expect(store.tell(note("a", 1), now: 9) == .repeated)
    #expect(store.fields(of: model, now: 9) == ["a": "6 2 e 3 4"])
  }

  @Test func whatIsTakenOverIsTakenOnce() {
    var store = ChoiceStore(Self.names)
    _ = store.tell(note("dead", 7), now: 0)
    let adoption = ChoiceNote.Adoption(replica: "dead", sequence: 7)
    #expect(store.tell(note("a", 1, "3", adopts: adoption), now: 90_000) == .told)
    #expect(store.fields(of: model, now: 90_000) == ["a": "90000 1 e 3", "dead": "90000 7 adopted"])
    // The same again is the same call; another replica clears away what is left, and finds nothing to add.
    #expect(store.tell(note("a", 1, "3", adopts: adoption), now: 90_001) == .repeated)
    #expect(store.tell(note("dead", 8), now: 90_002) == .adopted)
    #expect(store.tell(note("b", 1, "0", adopts: adoption), now: 90_003) == .told)
    #expect(store.fields(of: model, now: 90_003)["dead"] == nil)
    #expect(store.tell(note("c", 1, adopts: adoption), now: 90_004) == .outrun)
    #expect(store.fields(of: model, now: 90_004)["c"] == nil)
  }

  /// A replica that was silent for long adds nothing to what another has taken over.
  @Test func whoComesBackBeginsAnew() {
    var store = ChoiceStore(Self.names)
    _ = store.tell(note("dead", 7, "9"), now: 0)
    _ = store.tell(note("a", 1, "9", adopts: .init(replica: "dead", sequence: 7)), now: 90_000)
    #expect(store.tell(note("dead", 8, "10"), now: 90_001) == .adopted)
    #expect(store.tell(note("dead", 9, "0", isAnew: true), now: 90_002) == .told)
    #expect(store.fields(of: model, now: 90_003) == ["a": "90000 1 e 9", "dead": "90002 9 e 0"])
  }

  @Test func whoSpeaksAgainIsNotTakenOver() {
    var store = ChoiceStore(Self.names)
    _ = store.tell(note("slow", 7), now: 0)
    _ = store.tell(note("slow", 8), now: 70_000)
    let adoption = ChoiceNote.Adoption(replica: "slow", sequence: 7)
    #expect(store.tell(note("a", 1, adopts: adoption), now: 70_001) == .outrun)
  }

  @Test func itIsKeptForAMonthBeyondTheLastCall() {
    var store = ChoiceStore(Self.names)
    _ = store.tell(note("a", 1), now: 0)
    store.sweep(now: ChoiceNote.lifetime - 1)
    #expect(!store.fields(of: model, now: ChoiceNote.lifetime - 1).isEmpty)
    #expect(store.fields(of: model, now: ChoiceNote.lifetime).isEmpty)
    store.sweep(now: ChoiceNote.lifetime)
    #expect(store.entries.isEmpty)
  }

  @Test func entriesAreRead() throws {
    let told = try #require(ChoiceEntry("5 6 e 1 2 3"))
    #expect(told.at == 5 && told.sequence == 6)
    #expect(told.told == ChoiceEntry.Told(edition: "e", numbers: "1 2 3"))
    #expect(!told.isAbandoned(at: 60_005) && told.isAbandoned(at: 60_006))
    let adopted = try #require(ChoiceEntry("5 6 adopted"))
    #expect(
      adopted.told == nil && !adopted.isAbandoned(at: 86_400_005) && adopted.isAbandoned(at: 86_400_006))
    for text in ["", "5 6", "5 6 e", "x 6 e 1", "5 x e 1", "-5 6 e 1"] { #expect(ChoiceEntry(text) == nil) }
  }
}
