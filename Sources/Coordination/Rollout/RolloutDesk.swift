package import NIOCore
package import Policy

/// The registry and the rollouts for people: what there is, who serves what, and what shall be done, wherever all that is kept.
///
/// It decides nothing: what is asked for is done by whoever leads. Every step is tried again while the shared state doesn't answer.
package struct RolloutDesk: Sendable {
  /// A version as it is registered.
  package struct Registered: Sendable {
    package var version: Int64
    /// Nil where the line can't be read.
    package var bundle: Bundle?
    package var line: String
  }

  private let register: PatientRegister<any ControlRegister>

  /// To be made on the loop that `register` is confined to.
  package init(_ register: any ControlRegister, on loop: any EventLoop) {
    self.register = PatientRegister(register, on: loop) { $0.flush() }
  }

  /// Waits until the shared state can be asked, at most so long.
  package func isReady(within patience: Duration) async -> Bool {
    await register.isReady(within: patience) { $0.isAvailable }
  }

  // MARK: Versions

  /// All versions of a model, the newest first.
  package func bundles(of name: String) async throws(Failure) -> [Registered] {
    let model = try Self.model(name)
    let lines = try await ask { $0.readBundles(model, $1) }
    return lines.sorted { $0.key > $1.key }.map { version, line in
      Registered(version: version, bundle: try? Bundle(line: line), line: line)
    }
  }

  package func bundle(_ name: String, _ version: Int) async throws(Failure) -> Bundle {
    let model = try Self.model(name)
    let found: String? = try await ask { $0.readBundle(model, version: Int64(version), $1) }
    guard let line = found else { throw .unknown(model: name, version: version) }
    do throws(BundleError) {
      return try Bundle(line: line)
    } catch {
      throw .unreadable("version \(version) of \(name): \(error)")
    }
  }

  /// Registers a version for ever; false where the same was registered before. What changes two variables or more against the version
  /// that serves wants a reason, which is kept in the audit.
  package func register(_ bundle: Bundle, by person: String, reason: String?) async throws(Failure) -> Bool {
    let model = try Self.model(bundle.model)
    let (line, version) = (bundle.line, Int64(bundle.version))
    let found: String? = try await ask { $0.readBundle(model, version: version, $1) }
    if let found {
      guard found == line else { throw .otherContent(model: bundle.model, version: bundle.version) }
      return false
    }
    try await check(bundle, model, reason)
    let audit = ControlAudit([
      "what": "register", "model": bundle.model, "version": "\(version)", "by": person, "why": reason ?? "",
    ])
    guard let entry = ControlBundle(model, version: version, text: line, audit: audit) else {
      throw .tooLong
    }
    switch try await ask({ $0.register(entry, $1) }) {
    case .registered(let isNew): return isNew
    case .other: throw .otherContent(model: bundle.model, version: bundle.version)
    case .full(let count): throw .full(model: bundle.model, count)
    }
  }

  private func check(_ bundle: Bundle, _ model: ControlModel, _ reason: String?) async throws(Failure) {
    let config: ControlConfig? = try await ask { $0.readConfig($1) }
    let state = config?.lines[model].flatMap { RolloutState(text: $0) }
    guard let active = state?.active else { return }
    let found: String? = try await ask { $0.readBundle(model, version: Int64(active), $1) }
    guard let found, let former = try? Bundle(line: found) else { return }
    let flaw = Bundle.Variable.flaw(
      ofChanging: bundle.changes(against: former), against: active, reason: reason)
    if let flaw { throw .changesTooMuch("version \(bundle.version) \(flaw)") }
  }

  /// Keeps what an evaluation came to, beside the version.
  package func keep(_ report: EvaluationReport, of name: String, _ version: Int) async throws(Failure) {
    let model = try Self.model(name)
    let audit = ControlAudit([
      "what": "evaluate", "model": name, "version": "\(version)", "by": report.by,
      "why": report.passes ? "passes" : report.flaws[0],
    ])
    guard
      let entry = ControlEvaluation(model, version: Int64(version), text: report.line, audit: audit)
    else { throw .tooLong }
    guard case .kept = try await ask({ $0.keep(entry, $1) }) else {
      throw .unknown(model: name, version: version)
    }
  }

  /// Of a version's last evaluation; nil where there was none, or none that this release can read.
  package func evaluation(_ name: String, _ version: Int) async throws(Failure) -> EvaluationReport? {
    let model = try Self.model(name)
    let line: String? = try await ask { $0.readEvaluation(model, version: Int64(version), $1) }
    return line.flatMap { EvaluationReport(line: $0) }
  }

  // MARK: Who serves what

  /// These models, and all that have a rollout or an active version.
  package func report(on names: [String]) async throws(Failure) -> RolloutReport {
    let config: ControlConfig? = try await ask { $0.readConfig($1) }
    let vetoes = try await ask { $0.readVetoes($1) }
    var models = Set(config?.lines.keys.map { $0 } ?? [])
    for name in names { models.insert(try Self.model(name)) }
    var report = RolloutReport(cluster: try await cluster(config), models: [])
    for model in models.sorted() {
      report.models.append(try await overview(model, config?.lines[model], vetoes))
    }
    return report
  }

  /// One model: of those that are configured, or one that has versions.
  package func report(on name: String, among configured: [String]) async throws(Failure) -> RolloutReport {
    let model = try Self.model(name)
    let config: ControlConfig? = try await ask { $0.readConfig($1) }
    let vetoes = try await ask { $0.readVetoes($1) }
    let overview = try await overview(model, config?.lines[model], vetoes)
    guard configured.contains(name) || config?.lines[model] != nil || !overview.versions.isEmpty else {
      throw .noModel(name)
    }
    return RolloutReport(cluster: try await cluster(config), models: [overview])
  }

  private func cluster(_ config: ControlConfig?) async throws(Failure) -> ClusterOverview {
    let acks = try await ask { $0.readAcks($1) }
    let lease: ControlLease? = try await ask { $0.readLease($1) }
    let now = await now
    let leader = lease.flatMap { $0.left(now) > 0 ? ControlLeader(id: $0.id, epoch: $0.epoch) : nil }
    return ClusterOverview(
      position: config?.position ?? .none, by: config?.by ?? "", at: config?.at ?? 0,
      isWhole: config?.isWhole ?? true, leader: leader, acks: acks, now: now)
  }

  private func overview(
    _ model: ControlModel, _ line: String?, _ vetoes: ControlVetoes
  ) async throws(Failure) -> RolloutOverview {
    let lines = try await ask { $0.readBundles(model, $1) }
    let reports = try await ask { $0.readEvaluations(model, $1) }
    // Nothing is written of a model that has never had a rollout.
    let state: RolloutState? = if let line { RolloutState(text: line) } else { RolloutState() }
    var judge: ControlJudge?
    if state?.candidate != nil { judge = try await ask { $0.readJudge(model, $1) } }
    var spent: Int64?
    if state?.candidate?.phase == .shadow { spent = try await ask { $0.readSpent(model, $1) } }
    var numbers = Set(lines.keys.map { Int($0) })
    numbers.formUnion(state?.versions ?? [])
    let versions = numbers.sorted(by: >).map { number in
      let key = ControlVetoes.Version(model, Int64(number))
      return RolloutOverview.Version(
        number: number, stage: state?.stage(of: number) ?? .staging,
        bundle: lines[Int64(number)].flatMap { try? Bundle(line: $0) },
        sunset: state?.deprecated.first { $0.version == number }?.sunset,
        isVetoed: vetoes.vetoed.contains(key), votes: vetoes.votes[key] ?? [:],
        evaluation: reports[Int64(number)].flatMap { EvaluationReport(line: $0) })
    }
    return RolloutOverview(model: model, state: state, versions: versions, judge: judge, spent: spent)
  }

  /// What a model took of providers in the last quarter of an hour; nil where nothing was counted.
  package func traffic(of name: String) async throws(Failure) -> ModelTraffic? {
    let model = try Self.model(name)
    let seconds = ModelTraffic.seconds(now: await now)
    let counts = try await ask { $0.readCounts(model, seconds: seconds, $1) }
    return ModelTraffic(counts.seconds)
  }

  private var now: Int64 {
    get async {
      await register.look { $0.now } ?? 0
    }
  }

  // MARK: What shall be done

  /// The version that is tried now, for whoever names none.
  package func candidate(of name: String) async throws(Failure) -> Int {
    let model = try Self.model(name)
    let config: ControlConfig? = try await ask { $0.readConfig($1) }
    guard let line = config?.lines[model], let candidate = RolloutState(text: line)?.candidate else {
      throw .noCandidate(name)
    }
    return candidate.version
  }

  /// Has the leader do it, and waits so long for its word.
  package func ask(_ wish: RolloutAsk, within patience: Duration) async throws(Failure) -> String {
    _ = try Self.model(wish.model)
    guard let entry = ControlAsk(id: Self.token(), text: wish.text) else { throw .tooLong }
    switch try await ask({ $0.ask(entry, $1) }) {
    case .waits: break
    case .answered(let text): return try Self.done(text)
    case .taken: throw .away(.malformed)  // of 2^96 ids, the same
    case .full(let count): throw .tooMany(count)
    }
    let end = ContinuousClock.now + patience
    while ContinuousClock.now < end {
      let answer: String? = try await ask { $0.readAnswer(entry.id, $1) }
      if let answer { return try Self.done(answer) }
      try? await Task.sleep(for: .milliseconds(100))
    }
    let lease: ControlLease? = try await ask { $0.readLease($1) }
    let now = await now
    throw .unanswered(isLed: (lease?.left(now) ?? 0) > 0)
  }

  /// What the leader said.
  private static func done(_ answer: String) throws(Failure) -> String {
    for (word, isDone) in [("done: ", true), ("refused: ", false)] where answer.hasPrefix(word) {
      let text = String(answer.dropFirst(word.count))
      if isDone { return text }
      throw .refused(text)
    }
    return answer
  }

  // MARK: What was done

  private static let page = 500

  /// The last lines of the audit about a model, or about all, the newest first; at most `count`.
  package func history(of name: String?, count: Int) async throws(Failure) -> [ControlAudit.Entry] {
    if let name { _ = try Self.model(name) }
    var found: [ControlAudit.Entry] = []
    var last: String?
    while true {
      let before = last
      let entries = try await ask { $0.readAudit(before: before, count: Self.page, $1) }
      for entry in entries where name == nil || entry["model"] == name {
        found.append(entry)
        if found.count == count { return found }
      }
      guard entries.count == Self.page, let end = entries.last?.id else { return found }
      last = end
    }
  }

  // MARK: Steps

  private static func model(_ name: String) throws(Failure) -> ControlModel {
    guard let model = ControlModel(name) else { throw .noName(name) }
    return model
  }

  private func ask<Value: Sendable>(
    _ step: @escaping @Sendable (any ControlRegister, @escaping (Result<Value, StateFailure>) -> Void) -> Void
  ) async throws(Failure) -> Value {
    do throws(StateFailure) {
      return try await register.ask(step)
    } catch {
      throw .away(error)
    }
  }

  private static func token() -> String {
    (0..<12).map { _ in
      let digits = String(UInt8.random(in: .min ... .max), radix: 16)
      return digits.count == 1 ? "0\(digits)" : digits
    }.joined()
  }
}

extension RolloutState {
  /// All that stand somewhere.
  fileprivate var versions: [Int] {
    [active, candidate?.version].compactMap { $0 } + deprecated.map(\.version) + rolledBack
  }
}
