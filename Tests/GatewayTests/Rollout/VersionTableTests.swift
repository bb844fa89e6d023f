import Policy
import Settings
import Testing

@testable import Gateway

/// Versions are further models of the table.
struct VersionTableTests {
  private typealias Versions = VersionsUnderTest

  private static let canary =
    "ver=3 active=11 candidate=12 state=CANARY step=0 weight=5 since=1 deprecated=10@9000,9@1000"

  private func snapshot(
    _ line: String = canary, _ versions: [Int] = [9, 10, 11, 12], after former: Snapshot? = nil
  ) throws -> Snapshot {
    let bundles = try versions.map { try Versions.bundle($0, deployment: $0 == 12 ? "large" : "small") }
    return try Versions.snapshot(try Versions.rollouts(line, bundles), after: former)
  }

  @Test func withoutDecisionsThereAreNone() throws {
    let plain = try Versions.snapshot(.none)
    #expect(plain.versions == nil && plain.table.models.count == 3)
    #expect(plain.table.models.indices.allSatisfy { plain.table.route(of: $0) == $0 })
  }

  @Test func eachThatMayServeIsAnEntryBehindTheModels() throws {
    let snapshot = try snapshot()
    let versions = try #require(snapshot.versions)
    #expect(versions.base == 3 && versions.entries.map(\.version) == [11, 12, 10, 9])
    #expect(snapshot.models.map(\.name) == ["chat", "big", "other", "chat", "chat", "chat", "chat"])
    #expect(snapshot.table.positions["chat"] == 0, "names lead to models")
    for position in 3..<7 {
      #expect(snapshot.table.route(of: position) == 0)
      #expect(snapshot.models[position].ledger === snapshot.models[0].ledger)
      #expect(snapshot.pools[position].members.allSatisfy { $0.place.deployment == (position == 4 ? 1 : 0) })
    }
    #expect(snapshot.cache?.models.count == 7)
    #expect(Set(snapshot.cache?.models.map(\.version) ?? []).count == 6, "chat and other are the same")
  }

  @Test func aCandidateHasOneAttemptAndThenItsBaseline() throws {
    let snapshot = try snapshot()
    let stages = snapshot.table.stages(for: 4) { $0 == 1 || $0 == 0 }
    #expect(
      stages == [
        .init(model: 4, fallback: 0, isTrial: true), .init(model: 3, fallback: 1),
        .init(model: 1, fallback: 2),
      ])
    #expect(snapshot.table.models[4].attempts == 2 && snapshot.table.models[3].attempts == 2)
    #expect(snapshot.table.stages(for: 4) { $0 == 0 }.map(\.model) == [4, 3], "permissions are the models'")
  }

  @Test func fallbacksOfOthersLeadToTheVersionThatServes() throws {
    #expect(try snapshot().table.models[1].fallbacks == [3])
  }

  @Test func whatIsNotHereIsNotServed() throws {
    let snapshot = try snapshot(Self.canary, [9, 11])
    let versions = try #require(snapshot.versions)
    #expect(versions.entries.map(\.version) == [11, 9])
    #expect(versions.models[0]?.candidate == nil)
    #expect(versions.absent.map(\.version) == [12, 10])
    let stray = try Versions.rollouts("active=7", [Versions.bundle(7, deployment: "nowhere")])
    let other = try Versions.snapshot(stray)
    #expect(other.versions?.models[0]?.active == nil)
    #expect(other.versions?.serving(0) == 0)
    #expect(other.versions?.absent.first?.why == "there is no deployment 'nowhere'")
  }

  @Test func aReloadKeepsLedgersAndTurnsOfEachVersion() throws {
    let former = try snapshot()
    let next = try snapshot("ver=4 active=12 deprecated=11@9000", [11, 12], after: former)
    #expect(next.versions?.entries.map(\.version) == [12, 11])
    #expect(next.models.allSatisfy { model in former.models.contains { $0.ledger === model.ledger } })
    #expect(next.pools[3].turns === former.pools[4].turns && next.pools[4].turns === former.pools[3].turns)
    #expect(next.pools[3].turns !== next.pools[0].turns)
  }

  @Test func aPromptOrParametersChangeRequestsAndNothingElseDoes() throws {
    let rollouts = try Versions.rollouts(
      "active=1 deprecated=2@9000", [Versions.bundle(1), Versions.bundle(2, temperature: "0.2")])
    let versions = try #require(try Versions.snapshot(rollouts).versions)
    #expect(versions.entries.map { $0.edits != nil } == [false, true])
  }
}
