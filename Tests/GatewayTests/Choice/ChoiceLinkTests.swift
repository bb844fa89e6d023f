import Coordination
import Logging
import Policy
import Testing

@testable import Gateway

/// What replicas have learned reaches the others, over a store in memory and in a time that only passes where a test says so.
final class ChoiceLinkTests {
  private static let yaml = """
    server: { host: 127.0.0.1 }
    providers: { a: { dialect: openai, base_url: "http://a/v1" } }
    deployments:
      d: { provider: a, model: d, price: { input: 1, output: 2 } }
      e: { provider: a, model: e, price: { input: 3, output: 4 } }
    models: { m: { balance: learned, deployments: [d, e] } }
    """

  private struct Peer {
    let link: ChoiceLink
    let learned: LearnedPool
    let pools: [ModelPool]

    var samples: Double { learned.desk.own.samples }
    /// What all replicas have learned is enough to say something of every deployment.
    var isWarm: Bool { learned.desk.refresh(learned.terms).model.isWarm }
  }

  private let store = EmbeddedStore()
  private var now: Int64 = 1_795_290_000_000

  private func state() -> EmbeddedState { EmbeddedState(store, clock: { [weak self] in self?.now ?? 0 }) }

  private func replica(_ name: String, _ register: (any ChoiceRegister)? = nil) throws -> Peer {
    let pools = Snapshot(try settings(Self.yaml), epoch: 1, former: nil).pools
    let link = ChoiceLink(
      register ?? state(), replica: name, Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      clock: { [weak self] in self?.now ?? 0 })
    return Peer(link: link, learned: try #require(pools[0].learned), pools: pools)
  }

  private func learn(_ replica: Peer, _ count: Int) {
    let features = ChoiceFeatures(RequestFacts(surface: .completions))
    for turn in 0..<count {
      let context = ChoiceContext(features: features, arm: turn % 2, propensity: 0.5, least: 0.5)
      replica.learned.desk.learn(0.5, context, replica.learned.terms)
    }
  }

  private func pass(_ seconds: Int, _ replicas: Peer...) {
    for _ in 0..<seconds {
      now += 1_000
      for replica in replicas { replica.link.tick(replica.pools) }
    }
  }

  private func fields(of name: String = "m") throws -> [String: String] {
    let model = try #require(ControlModel(name))
    var found: Result<[String: String], StateFailure>?
    state().readChoices(of: model) { found = $0 }
    return try #require(found).get()
  }

  private func told(_ name: String) throws -> Double? {
    let entry = try fields()[name].flatMap(ChoiceEntry.init)
    return entry?.told.flatMap { ChoiceSums(text: $0.numbers, arms: 2) }?.samples
  }

  @Test func whatOneHasLearnedAllKnow() throws {
    let (one, other) = (try replica("one"), try replica("other"))
    learn(one, 40)
    learn(other, 30)
    pass(10, one, other)
    #expect(try told("one") == 40 && told("other") == 30)
    #expect(one.learned.desk.other("other")?.sums.samples == 30)
    #expect(other.learned.desk.other("one")?.sums.samples == 40)
    // 35 of each arm: enough for both, and for neither alone.
    #expect(one.isWarm && other.isWarm)
    learn(one, 6)
    pass(10, one, other)
    #expect(other.learned.desk.other("one")?.sums.samples == 46)
    #expect(one.samples == 46 && other.samples == 30, "nobody's own grows by what others tell")
  }

  @Test func whatADeadReplicaHadLearnedIsTakenOverOnce() throws {
    let (dead, one, other) = (try replica("dead"), try replica("one"), try replica("other"))
    learn(dead, 80)
    learn(one, 2)
    learn(other, 4)
    pass(3, dead, one, other)
    pass(90, one, other)
    #expect(one.samples + other.samples == 86)
    #expect(try fields()["dead"]?.hasSuffix(" adopted") == true)
    let sum = try (told("one") ?? 0) + (told("other") ?? 0)
    #expect(sum == 86)
    #expect(one.isWarm && other.learned.desk.other("dead")?.sequence == nil)
    // It was only cut off: what it had told is others' now.
    learn(dead, 1)
    pass(30, dead, one, other)
    #expect(dead.samples == 0)
    #expect(try told("dead") == 0)
    learn(dead, 3)
    pass(30, dead, one, other)
    #expect(try told("dead") == 3)
    #expect(one.samples + other.samples + dead.samples == 89)
  }

  @Test func whoHasNothingNewToSaySaysSo() throws {
    let (one, other) = (try replica("one"), try replica("other"))
    learn(one, 8)
    pass(200, one, other)
    #expect(try told("one") == 8 && one.samples == 8 && other.samples == 0)
  }

  @Test func anybodyCanSwitchItOff() throws {
    let register = TroubledRegister(state())
    let one = try replica("one", register)
    pass(1, one)
    #expect(one.learned.desk.refresh(one.learned.terms).verdict.standing == .gathering)
    register.more = [ChoiceNames.off: "1"]
    pass(10, one)
    #expect(one.learned.desk.standing.verdict.standing == .stopped)
    register.more = [:]
    pass(10, one)
    #expect(one.learned.desk.standing.verdict.standing == .gathering)
  }

  /// What is remembered of those that are gone doesn't make the others look less often.
  @Test func thoseThatAreGoneAreNotWaitedFor() throws {
    let register = TroubledRegister(state())
    let one = try replica("one", register)
    for number in 0..<100 { register.more["gone-\(number)"] = "\(now) 1 adopted" }
    pass(10, one)
    register.more[ChoiceNames.off] = "1"
    pass(8, one)
    #expect(one.learned.desk.standing.verdict.standing == .stopped)
  }

  @Test func eachOfManyModelsHasItsTurn() throws {
    let models = (0..<4).map { "m\($0): { balance: learned, deployments: [d, e] }" }.joined(separator: ", ")
    let yaml = Self.yaml.replacing("m: { balance: learned, deployments: [d, e] }", with: models)
    let pools = Snapshot(try settings(yaml), epoch: 1, former: nil).pools
    let link = ChoiceLink(
      state(), replica: "one", Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      clock: { [weak self] in self?.now ?? 0 })
    for turn in 1...4 {
      now += 100
      link.tick(pools)
      let told = try (0..<4).filter { try !fields(of: "m\($0)").isEmpty }
      #expect(told == Array(0..<turn))
    }
  }

  /// What is not answered is told again, and is counted once; so is what is taken over.
  @Test func lostRepliesLoseNothing() throws {
    let register = TroubledRegister(state())
    let (dead, one) = (try replica("dead"), try replica("one", register))
    learn(dead, 10)
    learn(one, 4)
    pass(2, dead)
    pass(55, one)
    register.losesReplies = true
    let calls = register.calls
    pass(20, one)
    #expect(try fields()["dead"]?.hasSuffix(" adopted") == true)
    #expect(one.samples == 4 && register.calls > calls + 5, "it was taken over, and nobody knows")
    register.losesReplies = false
    pass(5, one)
    #expect(one.samples == 14)
    learn(one, 2)
    pass(5, one)
    #expect(one.samples == 16)
    #expect(try told("one") == 16)
  }
}

/// A way to the shared state whose replies may be lost, and where somebody has written besides.
private final class TroubledRegister: ChoiceRegister {
  private let state: EmbeddedState
  var more: [String: String] = [:]
  var losesReplies = false
  private(set) var calls = 0

  init(_ state: EmbeddedState) { self.state = state }

  var isAvailable: Bool { true }
  var now: Int64 { state.now }
  func flush() {}

  func tell(_ note: ChoiceNote, _ completion: @escaping StateCompletion<ChoiceNote.Reply>) {
    calls += 1
    state.tell(note) { [losesReplies] in completion(losesReplies ? .failure(.timeout) : $0) }
  }

  func readChoices(of model: ControlModel, _ completion: @escaping StateCompletion<[String: String]>) {
    state.readChoices(of: model) { [more] in
      completion($0.map { $0.merging(more) { first, _ in first } })
    }
  }
}
