import Coordination
import NIOHTTP1
import Policy
import Settings

/// The admin port's `/api/bundles` and `/api/rollouts`: which versions there are, who serves what, and what shall be done. JSON in,
/// JSON out; with `Accept: text/plain` what is shown comes as lines for people.
///
///     GET  /api/bundles?model=chat
///     GET  /api/bundles/MODEL/VERSION
///     GET  /api/bundles/MODEL/VERSION/evaluation
///     POST /api/bundles/MODEL/VERSION/evaluation  what 'bundles evaluate' came to
///     POST /api/bundles?by=ann                {"model": "chat", "version": 12, "deployment": "gpt", "parameters": {}}
///     GET  /api/rollouts
///     GET  /api/rollouts/MODEL
///     GET  /api/rollouts/MODEL/history?count=100
///     GET  /api/rollouts/MODEL/estimate?version=12
///     POST /api/rollouts/MODEL/DEED           {"version": 12, "by": "ann", "expect": 17, "reason": "…", "force": true}
struct AdminRollouts: Sendable {
  /// Bytes of a body; more is refused. A version has at most one MiB as a line, and more as YAML.
  static let bodyLimit = 4 << 20
  /// How long a leader is waited for: longer than it takes to have another one.
  static let patience = Duration.seconds(15)
  private static let mostListed = 1_000

  let desk: RolloutDesk
  let settings: Settings

  /// `path` has the parts behind `/api`.
  func answer(_ head: HTTPRequestHead, _ path: [String], body: String) async -> AdminAnswer {
    do throws(RolloutDesk.Failure) {
      switch (head.method, path.first, path.count) {
      case (.GET, "bundles", 1): return try await list(head.query["model"])
      case (.GET, "bundles", 3): return try await show(path[1], path[2])
      case (.GET, "bundles", 4) where path[3] == "evaluation":
        return try await evaluation(path[1], path[2])
      case (.POST, "bundles", 4) where path[3] == "evaluation":
        return try await keep(body, path[1], path[2])
      case (.POST, "bundles", 1): return try await register(body, head.query)
      case (.GET, "rollouts", 1): return shown(try await desk.report(on: names), head)
      case (.GET, "rollouts", 2): return shown(try await desk.report(on: path[1], among: names), head)
      case (.GET, "rollouts", 3) where path[2] == "history":
        return try await history(path[1], head)
      case (.GET, "rollouts", 3) where path[2] == "estimate":
        return try await estimate(path[1], head)
      case (.POST, "rollouts", 3):
        guard let deed = RolloutAsk.Deed(rawValue: path[2]) else { return Self.unknown }
        return try await ask(deed, path[1], body)
      default: return Self.unknown
      }
    } catch {
      return .error(error.status, "\(error)")
    }
  }

  private static let unknown = AdminAnswer.error(
    .notFound,
    "there are GET and POST /api/bundles, GET /api/bundles/MODEL/VERSION, GET and POST "
      + "/api/bundles/MODEL/VERSION/evaluation, GET /api/rollouts, /api/rollouts/MODEL, "
      + "/api/rollouts/MODEL/history and /api/rollouts/MODEL/estimate, and POST /api/rollouts/MODEL/"
      + RolloutAsk.Deed.allCases.map(\.rawValue).joined(separator: "|"))

  private var names: [String] { settings.models.map(\.name) }

  private func shown(_ report: RolloutReport, _ head: HTTPRequestHead) -> AdminAnswer {
    let rules = settings.rollout.rules
    guard !head.wantsText else {
      return AdminAnswer(status: .ok, text: RolloutText.text(report, rules) + "\n")
    }
    return .json(.ok, RolloutText.json(report, rules))
  }

  // MARK: Versions

  private func list(_ model: String?) async throws(RolloutDesk.Failure) -> AdminAnswer {
    let report: RolloutReport
    if let model {
      report = try await desk.report(on: model, among: names)
    } else {
      report = try await desk.report(on: names)
    }
    return .json(.ok, ["bundles": .array(report.models.flatMap(RolloutText.versions))])
  }

  private func show(_ model: String, _ version: String) async throws(RolloutDesk.Failure) -> AdminAnswer {
    guard let number = Self.number(version) else { return Self.noVersion(version) }
    return .json(.ok, RolloutText.json(try await desk.bundle(model, number)))
  }

  private static func number(_ version: String) -> Int? {
    Int(version).flatMap { BundleRule.versions.contains($0) ? $0 : nil }
  }

  private static func noVersion(_ text: String) -> AdminAnswer {
    .error(.badRequest, "'\(text.prefix(40))' is no version: it is a whole number from 1 on")
  }

  /// `null` where there was none.
  private func evaluation(_ model: String, _ version: String) async throws(RolloutDesk.Failure) -> AdminAnswer
  {
    guard let number = Self.number(version) else { return Self.noVersion(version) }
    return .json(.ok, RolloutText.json(try await desk.evaluation(model, number)))
  }

  private func keep(
    _ body: String, _ model: String, _ version: String
  ) async throws(RolloutDesk.Failure) -> AdminAnswer {
    guard let number = Self.number(version) else { return Self.noVersion(version) }
    guard let report = EvaluationReport(line: body) else {
      return .error(.badRequest, "this is no report as 'switchyard bundles evaluate' writes one")
    }
    try await desk.keep(report, of: model, number)
    return .json(.created, RolloutText.json(report))
  }

  private func register(_ body: String, _ query: [String: String]) async throws(RolloutDesk.Failure)
    -> AdminAnswer
  {
    let bundles: [(bundle: Bundle, reason: String?)]
    do {
      bundles = try BundleFile.parse(body).refined(by: settings, sha256: ContentDigest.sha256)
    } catch {
      return .error(.badRequest, "\(error)")
    }
    var registered: [JSON] = []
    for (bundle, reason) in bundles {
      let isNew = try await desk.register(
        bundle, by: query["by"] ?? Self.nobody, reason: reason ?? query["reason"])
      registered.append([
        "model": .string(bundle.model), "version": .int(bundle.version), "new": .bool(isNew),
      ])
    }
    return .json(.created, ["registered": .array(registered)])
  }

  // MARK: Rollouts

  /// Who asks, where that isn't said.
  private static let nobody = "admin"

  private func ask(_ deed: RolloutAsk.Deed, _ model: String, _ body: String)
    async throws(RolloutDesk.Failure) -> AdminAnswer
  {
    let order: RolloutOrder
    do throws(SettingsErrors) {
      order = try RolloutOrder.parse(body)
    } catch {
      return .error(.badRequest, "\(error)")
    }
    if order.version == nil, deed == .start || deed == .unveto {
      return .error(.badRequest, "say which version: {\"version\": 12}")
    }
    let version: Int
    if let named = order.version { version = named } else { version = try await desk.candidate(of: model) }
    let wish = order.ask(deed, model, version: version, by: order.by ?? Self.nobody)
    let answer = try await desk.ask(wish, within: Self.patience)
    return .json(.ok, ["answer": .string(answer), "model": .string(model), "version": .int(version)])
  }

  /// What it will probably cost to try a version.
  private func estimate(_ model: String, _ head: HTTPRequestHead) async throws(RolloutDesk.Failure)
    -> AdminAnswer
  {
    guard let version = head.query["version"].flatMap({ Int($0) }), BundleRule.versions.contains(version)
    else {
      return .error(.badRequest, "say which version: ?version=12")
    }
    let estimate = try await RolloutEstimate.make(model, version: version, desk, settings)
    guard !head.wantsText else {
      return AdminAnswer(status: .ok, text: (estimate?.text ?? RolloutEstimate.unknown) + "\n")
    }
    return .json(.ok, ["estimate": estimate?.json ?? .null])
  }

  private func history(_ model: String, _ head: HTTPRequestHead) async throws(RolloutDesk.Failure)
    -> AdminAnswer
  {
    guard let count = head.query["count"].map(Int.init) ?? 100, (1...Self.mostListed).contains(count) else {
      return .error(.badRequest, "send count=1 to \(Self.mostListed)")
    }
    let entries = try await desk.history(of: model, count: count)
    guard !head.wantsText else {
      return AdminAnswer(status: .ok, text: entries.map { RolloutText.line($0) + "\n" }.joined())
    }
    return .json(.ok, ["history": .array(entries.map { RolloutText.json($0) })])
  }
}

extension RolloutDesk.Failure {
  fileprivate var status: HTTPResponseStatus {
    switch self {
    case .away, .unanswered, .tooMany: .serviceUnavailable
    case .unknown, .noModel, .noCandidate: .notFound
    case .otherContent, .full, .changesTooMuch, .refused, .unreadable: .conflict
    case .noName, .tooLong: .badRequest
    }
  }
}
