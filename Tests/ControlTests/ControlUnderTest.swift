import Control
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Policy
import Testing

@testable import Coordination

/// Controllers of several replicas over one store, in a time that only passes where a test says so.
final class ControlUnderTest: Sendable {
  // swift-format-ignore: NeverForceUnwrap
  static let model = ControlModel("chat")!

  let loop: any EventLoop
  let store = EmbeddedStore()
  private let time = NIOLockedValueBox<Int64>(1_795_290_000_000)
  private let sequence = NIOLockedValueBox<Int64>(0)

  init() { loop = MultiThreadedEventLoopGroup.singleton.next() }

  var now: Int64 { time.withLockedValue { $0 } }
  func pass(_ milliseconds: Int64) { time.withLockedValue { $0 += milliseconds } }

  /// Small numbers: a step lasts seconds.
  static var rules: RolloutRules {
    var rules = RolloutRules()
    rules.steps = [10, 50].compactMap { Weight(hundredths: $0 * 100) }
    (rules.minRequests, rules.minTime, rules.minTimeOfLarge, rules.maxTime) = (50, 5_000, 5_000, 120_000)
    return rules
  }

  /// With copies first.
  static var shadowing: RolloutRules {
    var rules = rules
    rules.shadowShare = Weight(hundredths: 2_500) ?? .zero
    return rules
  }

  /// `breakers` are those of the versions' deployment, `applied` is what its replica routes by.
  func controller(
    _ id: String, breakers: [BreakerKeys] = [], gate: RolloutGate? = nil,
    applied: ControlConfig? = nil, _ rules: RolloutRules = ControlUnderTest.rules
  ) throws -> Controller {
    let bundles = try (1...3).map {
      try Bundle(model: "chat", version: $0, deployment: "small", providerModel: "m-\($0)")
    }
    var rules = rules
    rules.gate = gate
    let terms = ControlTerms(
      rules: rules, term: 5_000, bundles: bundles, models: ["chat"], deployments: ["small"])
    let (store, time) = (store, time)
    return Controller(
      id, terms, on: loop, Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      clock: { time.withLockedValue { $0 } }, breakers: { $0 == "small" ? breakers : [] },
      applied: { applied },
      register: { _ in EmbeddedState(store, clock: { time.withLockedValue { $0 } }) })
  }

  /// What people ask at.
  func desk() async throws -> RolloutDesk {
    let (loop, store, time) = (loop, store, time)
    return try await loop.submit {
      RolloutDesk(EmbeddedState(store, clock: { time.withLockedValue { $0 } }), on: loop)
    }.get()
  }

  // MARK: The shared state

  private func state() -> EmbeddedState {
    let time = time
    return EmbeddedState(store, clock: { time.withLockedValue { $0 } })
  }

  private func get<Value>(_ call: (EmbeddedState, @escaping StateCompletion<Value>) -> Void) throws -> Value {
    var found: Result<Value, StateFailure>?
    call(state()) { found = $0 }
    return try #require(found).get()
  }

  /// Redis has taken over with an older configuration, and of the rest only that a replica applied a later one.
  func fail(over older: ControlConfig, applied: ControlConfig) throws {
    guard case .held(let epoch, _) = try get({ $0.takeLease("former", for: 1_000, $1) }) else {
      throw StateFailure.malformed
    }
    let put = try #require(
      ControlPut(
        ControlLeader(id: "former", epoch: epoch), from: [:], at: 0, to: older.lines,
        version: older.position.version))
    #expect(try get { $0.put(put, $1) } == .stored(version: older.position.version))
    let sync = ControlSync(replica: "r9", applied: applied.position, hash: applied.hash, vetoMark: 0)
    _ = try get { $0.sync(sync, $1) }
    pass(2_000)
  }

  /// Redis has taken over with all but the versions of the model.
  func loseVersions() {
    let names = ControlNames(prefix: "sy")
    store.withControl { $0.restore(names.bundles(Self.model), from: ControlStore(names)) }
  }

  func versions() throws -> [Int64] { try get { $0.readBundles(Self.model, $1) }.keys.sorted() }

  /// Whether weights count by now.
  func isStamped() throws -> Bool {
    let sync = ControlSync(replica: "r8", applied: ControlPosition.none, hash: "", vetoMark: 0)
    let stamp = try get { $0.sync(sync, $1) }.stamp
    return stamp.map { $0.age < ControlStamp.lifetime } ?? false
  }

  func config() throws -> ControlConfig? { try get { $0.readConfig($1) } }

  func rollout() throws -> RolloutState {
    let line = try config()?.lines[Self.model]
    return try line.map { try #require(RolloutState(text: $0)) } ?? RolloutState()
  }

  func ask(_ id: String, _ ask: RolloutAsk) throws {
    try self.ask(id, ask.text)
  }

  func ask(_ id: String, _ text: String) throws {
    let ask = try #require(ControlAsk(id: id, text: text))
    #expect(try get { $0.ask(ask, $1) } == .waits)
  }

  /// Keeps an evaluation that a version has passed against its model's own deployments.
  func evaluate(_ version: Int) throws {
    let digest = try #require(ContentDigest(text: String(repeating: "0a", count: 32)))
    let score = EvaluationReport.Score(passed: 1, runs: 1, latency95: 1)
    let report = EvaluationReport(
      suite: digest, cases: 1, baseline: 0, candidateScore: score, baselineScore: score, flaws: [], at: now,
      by: "ops")
    let entry = try #require(
      ControlEvaluation(
        Self.model, version: Int64(version), text: report.line, audit: ControlAudit(["what": "evaluate"])))
    #expect(try get { $0.keep(entry, $1) } == .kept)
  }

  func answer(_ id: String) throws -> String? { try get { $0.readAnswer(id, $1) } }

  func audit() throws -> [ControlAudit.Entry] { try get { $0.readAudit(before: nil, count: 100, $1) } }

  /// What replicas saw in the second that is now.
  func count(_ words: [String: Int64]) throws {
    let number = sequence.withLockedValue {
      $0 += 1
      return $0
    }
    let count = try #require(
      ControlCount(replica: "r1", sequence: number, Self.model, second: now / 1_000, words))
    guard case .counted = try get({ $0.count(count, $1) }) else {
      Issue.record("a second is not counted")
      return
    }
  }

  /// Seconds of traffic, each followed by a round of the controllers.
  func run(
    _ seconds: Int, _ controllers: [Controller], canaryErrors: Int64 = 0, canarySlow: Int64 = 20,
    until: (RolloutState) -> Bool = { _ in false }
  ) async throws {
    for _ in 0..<seconds {
      let state = try rollout()
      if until(state) { return }
      try count(words(state.candidate, canaryErrors, canarySlow))
      pass(1_000)
      for controller in controllers { await controller.round() }
    }
  }

  private func words(_ candidate: RolloutState.Candidate?, _ errors: Int64, _ slow: Int64) -> [String: Int64]
  {
    guard let candidate else { return ["b.n": 400] }
    guard candidate.thresholds != nil else {
      return ["b.n": 400, "b.lat.\(QuantileSketch.bin(of: 100))": 400]
    }
    let arm = candidate.phase.arm.rawValue
    return [
      "b.n": 400, "b.s": 400, "b.slow95": 20, "\(arm).n": 400, "\(arm).s": 400 - errors,
      "\(arm).slow95": min(slow, 400 - errors),
      "\(arm).err": errors,
    ]
  }
}
