import ArgumentParser
import Coordination
import Gateway
import Policy
import Settings

extension Bundles {
  struct Evaluate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Run a suite of cases against a version and the one that serves, and compare them.",
      discussion: """
        Each case is sent to a replica's data port for both versions, pinned by number; a version that isn't served wants a key \
        with 'pin: any'. Nothing may fail more often than with the version that serves, and the p95 of the latency may be \
        rollout.latency_ratio times as long. What came of it is kept with the version. Exits 1 where it does not pass.
        """)

    @Argument(help: "The model.") var model: String
    @Argument(help: "The version's number.") var version: Int
    @Option(
      help: "A file of cases, one JSON object a line (default: rollout.gate.suite of the configuration).")
    var suite: String?
    @Option(help: "The data port, http://HOST:PORT (default: that of the configuration, on this machine).")
    var url: String?
    @Option(help: "The environment variable that holds the key for it.") var keyEnv = "SWITCHYARD_KEY"
    @Option(help: "How often each case is sent to each version.") var runs = 1
    @Option(help: "Who does it; kept in the audit (default: user@host).") var by: String?
    @OptionGroup var rollout: RolloutOptions

    /// Seconds that one answer may take.
    private static let patience = 600

    func validate() throws {
      guard BundleRule.versions.contains(version) else {
        throw ValidationError("a version is a whole number from 1 on")
      }
      guard (1...100).contains(runs) else { throw ValidationError("--runs must be 1 to 100") }
      if let url, Self.call(url) == nil {
        throw ValidationError("--url wants http://HOST:PORT, not '\(url)': replicas' own ports speak no TLS")
      }
    }

    private static func call(_ url: String) -> AdminCall? {
      let authority = url.trimmingPrefix("http://")
      return AdminCall(String(authority.hasSuffix("/") ? authority.dropLast() : authority), timeout: patience)
    }

    func run() async throws {
      try await RolloutDoor.run(rollout) { door in
        let settings = try rollout.options.load()
        let suite = try cases(settings)
        let registry = try await EvaluationRegistry(door)
        let baseline = try await registry.baseline(of: model, version)
        let port = try port(settings)
        var evaluation = Evaluation(
          suite, candidate: version, baseline: baseline ?? 0,
          latencyRatio: settings.rollout.rules.latencyRatio)
        for run in 0..<runs {
          for (position, this) in suite.cases.enumerated() {
            // In turn, so that neither has the warm caches.
            let sides: [Evaluation.Side] = run % 2 == 0 ? [.candidate, .baseline] : [.baseline, .candidate]
            for side in sides {
              let answer = try await port.answer(this, of: side == .candidate ? version : baseline)
              evaluation.take(answer, at: position, of: side)
            }
          }
        }
        let report = evaluation.report(
          at: EmbeddedState.wallMilliseconds(), by: by ?? RolloutOptions.person)
        try await registry.keep(report, of: model, version)
        let table = EvaluationTable(model: model, version: version, evaluation: evaluation, report: report)
        print(rollout.json ? table.json.text : table.text)
        if !report.passes { throw Switchyard.Exit.no }
      }
    }

    private func cases(_ settings: Settings) throws -> EvaluationSuite {
      if let suite {
        let bytes = try BodyFile.read(suite)
        guard let text = String(validating: bytes, as: UTF8.self) else {
          throw CommandState.Failure(description: "\(suite): not UTF-8 text")
        }
        return try read(text, suite)
      }
      guard let known = settings.rollout.gate?.suite else {
        throw CommandState.Failure(description: "Say --suite FILE, or write rollout.gate.suite.")
      }
      return try read(known.text, known.path)
    }

    private func read(_ text: String, _ path: String) throws -> EvaluationSuite {
      guard let digest = ContentDigest(bytes: ContentDigest.sha256(Array(text.utf8))) else {
        preconditionFailure("SHA-256 has 32 bytes")
      }
      do throws(EvaluationError) {
        return try EvaluationSuite(text, digest: digest)
      } catch {
        throw CommandState.Failure(description: "\(path): \(error)")
      }
    }

    private func port(_ settings: Settings) throws -> EvaluationPort {
      let key = Environment.all[keyEnv]
      if key == nil, keyEnv != "SWITCHYARD_KEY" {
        throw CommandState.Failure(description: "There is no environment variable \(keyEnv).")
      }
      guard let call = Self.call(url ?? "127.0.0.1:\(settings.server.port)") else {
        throw CommandState.Failure(description: "Say --url http://HOST:PORT.")
      }
      return EvaluationPort(call: call, key: key, model: model)
    }
  }
}

/// Where versions are looked up and reports are kept.
private enum EvaluationRegistry {
  case redis(RolloutSession)
  case replica(AdminCall, token: String?)

  init(_ door: RolloutDoor) async throws {
    switch door {
    case .redis(let settings): self = .redis(try await RolloutSession.open(settings))
    case .replica(let call, let token): self = .replica(call, token: token)
    }
  }

  /// The version that serves; nil where none does. Throws where there is nothing to compare.
  func baseline(of model: String, _ version: Int) async throws -> Int? {
    let active: Int?
    switch self {
    case .redis(let session):
      _ = try await session.desk.bundle(model, version)
      active = try await RolloutSource.redis(session).standing(model).active
    case .replica(let call, let token):
      _ = try RolloutAnswer(call, token, "GET", "/api/bundles/\(RolloutAnswer.escaped(model))/\(version)")
      active = try await RolloutSource.replica(call, token: token).standing(model).active
    }
    guard active != version else {
      throw CommandState.Failure(
        description: "Version \(version) of \(model) serves: there is nothing to compare it with.")
    }
    return active
  }

  func keep(_ report: EvaluationReport, of model: String, _ version: Int) async throws {
    switch self {
    case .redis(let session): try await session.desk.keep(report, of: model, version)
    case .replica(let call, let token):
      let path = "/api/bundles/\(RolloutAnswer.escaped(model))/\(version)/evaluation"
      _ = try RolloutAnswer(call, token, "POST", path, body: report.line)
    }
  }
}
