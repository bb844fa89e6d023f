import NIOCore
import Policy
import Settings
import Testing

@testable import Gateway

/// Which version an exchange is for.
struct ArmTests {
  private typealias Versions = VersionsUnderTest

  private func versions(
    weight: String = "25", active: String = "active=11 ", gate: CandidateGate = CandidateGate(),
    isFresh: Bool = true
  ) throws -> VersionTable {
    let line =
      "\(active)candidate=12 state=CANARY step=0 weight=\(weight) since=1 deprecated=10@9000 rolledback=8"
    let bundles = try [8, 10, 11, 12].map { try Versions.bundle($0) }
    let rollouts = try Versions.rollouts(line, bundles, gate: gate, isFresh: isFresh)
    return try #require(try Versions.snapshot(rollouts).versions)
  }

  private func unit(_ session: String, tenant: String = "acme", user: String? = nil) throws -> StickyUnit {
    let header = session.isEmpty ? "" : "x-session-id: \(session)\r\n"
    let parsed = try #require(head("POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n\(header)\r\n"))
    let principal = Principal(tenant: tenant, key: "k", team: nil, user: user, tier: nil, models: nil)
    return StickyUnit(
      head: parsed, facts: RequestFacts(surface: .chatCompletions), principal: principal, request: "r1")
  }

  private func canaries(_ versions: VersionTable) throws -> Set<Int> {
    var canaries: Set<Int> = []
    for session in 0..<2_000 {
      let unit = try unit("s\(session)")
      if versions.arm(0, now: 0, hash: { unit.hash($0) })?.kind == .canary { canaries.insert(session) }
    }
    return canaries
  }

  @Test func aGrowingWeightMovesNobodyBack() throws {
    var former: Set<Int> = []
    for (weight, expected) in [("1", 20), ("5", 100), ("25", 500), ("100", 2_000)] {
      let now = try canaries(versions(weight: weight))
      #expect(now.isSuperset(of: former))
      // Five standard deviations.
      let share = Double(expected) / 2_000
      #expect(abs(Double(now.count - expected)) <= 5 * (2_000 * share * (1 - share)).squareRoot())
      former = now
    }
  }

  @Test func theSameHashIsKnownEverywhere() throws {
    // printf 'chat@12|header acme s1' | sha256sum
    #expect(try unit("s1").hash(Array("chat@12|".utf8)) == Self.known)
    #expect(try unit("s1", tenant: "other").hash(Array("chat@12|".utf8)) != Self.known)
    #expect(try unit("s1").hash(Array("chat@13|".utf8)) != Self.known)
  }
  private static let known: UInt64 = 0x01b5_9abc_3a23_4690

  @Test func aSessionComesBeforeAUserAndThatBeforeTheRequest() throws {
    #expect(try unit("s1").isSticky && unit("", user: "ann").isSticky)
    #expect(try !unit("").isSticky)
    let salt: [UInt8] = [1]
    #expect(try unit("s1", user: "ann").hash(salt) == unit("s1").hash(salt))
    #expect(try unit("", user: "ann").hash(salt) != unit("", user: "bob").hash(salt))
  }

  @Test func nothingGoesToAClosedGateOrOnAWeightThatIsOver() throws {
    let gate = CandidateGate()
    let versions = try versions(weight: "100", gate: gate)
    #expect(versions.arm(0, now: 0, hash: { _ in 1 })?.kind == .canary)
    gate.close()
    let arm = try #require(versions.arm(0, now: 0, hash: { _ in 1 }))
    #expect(arm.kind == .baseline && arm.position == versions.serving(0))
    #expect(arm.candidate == 12, "it is evidence of the baseline")
    let old = try self.versions(weight: "100", isFresh: false)
    #expect(old.arm(0, now: 0, hash: { _ in 1 })?.kind == .baseline)
  }

  private func shadowed(weight: String, gate: CandidateGate = CandidateGate(), isFresh: Bool = true) throws
    -> VersionTable
  {
    let line = "active=11 candidate=12 state=SHADOW step=0 weight=\(weight) since=1 slow95=100"
    let bundles = try [11, 12].map { try Versions.bundle($0) }
    return try #require(
      try Versions.snapshot(Versions.rollouts(line, bundles, gate: gate, isFresh: isFresh)).versions)
  }

  @Test func aShadowServesNobodyAndTheSameSessionsAreCopied() throws {
    let versions = try shadowed(weight: "20")
    var copied: Set<Int> = []
    for session in 0..<2_000 {
      let unit = try unit("s\(session)")
      let arm = try #require(versions.arm(0, now: 0, hash: { unit.hash($0) }))
      #expect(arm.kind == .baseline && arm.position == versions.serving(0) && arm.isShadowed)
      #expect(arm.candidate == 12, "it is evidence of the baseline")
      if arm.mirror != nil { copied.insert(session) }
      #expect(versions.arm(0, now: 0, hash: { unit.hash($0) })?.mirror == arm.mirror)
    }
    // Five standard deviations around 400.
    #expect((310...490).contains(copied.count))
    let served = try canaries(self.versions(weight: "20"))
    #expect(!served.isSuperset(of: copied), "the first to be served are others")
    #expect(versions.pinnable(0, now: 1) == [11])
  }

  @Test func nothingIsCopiedWhereNobodyLooksAfterIt() throws {
    #expect(try shadowed(weight: "100").arm(0, now: 0, hash: { _ in 1 })?.mirror != nil)
    let gate = CandidateGate()
    gate.close()
    for versions in try [
      shadowed(weight: "0"), shadowed(weight: "100", gate: gate), shadowed(weight: "100", isFresh: false),
    ] {
      #expect(versions.arm(0, now: 0, hash: { _ in 1 })?.mirror == nil)
    }
  }

  @Test func withoutAnActiveVersionTheModelServes() throws {
    let versions = try versions(weight: "0", active: "")
    #expect(versions.arm(0, now: 0, hash: { _ in 0 })?.position == 0)
    #expect(versions.arm(1, now: 0, hash: { _ in 0 }) == nil, "nothing was decided about it")
  }

  @Test func pinsReachTheActiveVersionAndDeprecatedOnesUntilTheirDate() throws {
    let versions = try versions()
    func version(_ text: String, now: Int64 = 1) -> Int? {
      guard let pin = VersionPin(text), let arm = versions.arm(0, pin: pin, now: now) else { return nil }
      #expect(arm.kind == .pinned && arm.candidate == nil)
      return versions.entry(at: arm.position)?.version
    }
    #expect(version("11") == 11 && version("10") == 10 && version(">=10") == 11)
    #expect(version("10", now: 8_999) == 10 && version("10", now: 9_000) == nil)
    #expect(version("12") == nil && version("8") == nil && version("99") == nil)
    #expect(versions.pinnable(0, now: 1) == [10, 11])
  }

  @Test func whoMayPinAnyReachesWhatIsNotServedYet() throws {
    let line = "active=11 candidate=12 state=CANARY step=0 weight=25 since=1 rolledback=8"
    let gate = CandidateGate()
    var rollouts = try Versions.rollouts(line, [11, 12].map { try Versions.bundle($0) }, gate: gate)
    rollouts.models["chat"]?.staged = [
      8: try Versions.bundle(8), 13: try Versions.bundle(13), 14: try Versions.bundle(14, deployment: "gone"),
    ]
    let snapshot = try Versions.snapshot(rollouts)
    let versions = try #require(snapshot.versions)
    func version(_ text: String, _ right: PinRight = .all) -> Int? {
      guard let pin = VersionPin(text), let arm = versions.arm(0, pin: pin, right, now: 1) else { return nil }
      #expect(arm.kind == .pinned && arm.candidate == nil)
      return versions.entry(at: arm.position)?.version
    }
    #expect(version("13") == 13 && version("12") == 12 && version("11") == 11)
    #expect(version("13", .served) == nil && version("12", .served) == nil)
    #expect(version(">=11") == 11 && version(">=12") == nil, "a range means what is served")
    #expect(version("8") == nil, "it was rolled back")
    #expect(versions.absent.map(\.version) == [14])
    gate.close()
    #expect(version("12") == nil && version("13") == 13)
    let staged = try #require(versions.position(of: 13, route: 0))
    #expect(snapshot.table.models[staged].fallbacks.isEmpty)
  }

  @Test func aPinIsPartOfTheNameOrAHeader() throws {
    let rollouts = try Versions.rollouts("active=11", [Versions.bundle(11)])
    let snapshot = try Versions.snapshot(rollouts)
    let anybody = Principal(tenant: "acme", key: "k", team: nil, tier: nil, models: [0])
    func pin(_ model: String, _ header: String? = nil) throws -> VersionPin? {
      let line = header.map { "x-switchyard-version: \($0)\r\n" } ?? ""
      let parsed = try #require(head("POST / HTTP/1.1\r\nhost: a\r\n\(line)\r\n"))
      var facts = RequestFacts(surface: .chatCompletions)
      facts.model = model
      let asked = try snapshot.asked(facts, parsed, anybody)
      #expect(asked.model == 0)
      return asked.pin
    }
    func code(_ model: String, _ header: String? = nil) -> String? {
      do { _ = try pin(model, header) } catch { return (error as? ExchangeError)?.code }
      return nil
    }
    #expect(try pin("chat@11") == VersionPin("11"))
    #expect(try pin("chat", ">=11") == VersionPin(">=11"))
    #expect(try pin("chat@11", "11") == VersionPin("11"))
    #expect(try pin("chat") == nil)
    #expect(code("chat@11", "12") == "conflicting_versions")
    #expect(code("chat", "new") == "invalid_version")
    #expect(code("chat@x") == "model_not_found" && code("nobody@1") == "model_not_found")
    #expect(code("big@1") == "model_not_found", "the key may not use it")
    let former = try #require(VersionPin("9"))
    #expect(throws: ExchangeError.noSuchVersion(of: "chat", pinnable: [11])) {
      try snapshot.arm(0, former, now: 0) { _ in 0 }
    }
    #expect(throws: ExchangeError.noSuchVersion(of: "big", pinnable: [])) {
      try snapshot.arm(1, former, now: 0) { _ in 0 }
    }
  }
}
