import NIOCore
import NIOHTTP1
import Telemetry

/// What a request to the admin port is about, by its path.
enum AdminPart: Equatable {
  /// Health, which needs no token as probes have none, and metrics.
  case plain
  case keys
  case explain
  case bundles
  case rollouts
  case experiments
  case decisions

  init(_ head: HTTPRequestHead) {
    let path = head.uri.prefix { $0 != "?" }
    if path == AdminExplain.path {
      self = .explain
    } else if path == "/api/bundles" || path.hasPrefix("/api/bundles/") {
      self = .bundles
    } else if path == "/api/rollouts" || path.hasPrefix("/api/rollouts/") {
      self = .rollouts
    } else if path == "/api/experiments" || path.hasPrefix("/api/experiments/") {
      self = .experiments
    } else if path == "/api/decisions" || path.hasPrefix("/api/decisions/") {
      self = .decisions
    } else {
      self = path.hasPrefix("/keys") ? .keys : .plain
    }
  }

  /// Bytes of a request's body; more is refused.
  var bodyLimit: Int {
    switch self {
    case .plain, .keys, .rollouts, .experiments, .decisions: 64 << 10
    case .explain: AdminExplain.bodyLimit
    case .bundles: AdminRollouts.bodyLimit
    }
  }

  /// What is done with a token only; nil where none is needed.
  var guarded: String? {
    switch self {
    case .plain: nil
    case .keys: "keys are made"
    case .explain: "requests are explained"
    case .bundles: "versions are registered and shown"
    case .rollouts: "rollouts are led and shown"
    case .experiments: "experiments are shown"
    case .decisions: "decisions are shown"
    }
  }
}

/// Sends a request to the admin port to who answers it.
struct AdminDesk: Sendable {
  enum Access: Sendable {
    /// The configuration has no token: whatever needs one is closed to all.
    case open
    case shown, refused
  }

  let replica: Replica
  let access: Access

  func answer(_ head: HTTPRequestHead, _ body: ByteBuffer) async -> AdminAnswer {
    let part = AdminPart(head)
    if let guarded = part.guarded, let denial = denial(guarded) { return denial }
    if part == .explain { return await AdminExplain(replica: replica).answer(head, body) }
    guard body.readableBytes <= part.bodyLimit else {
      return .error(.payloadTooLarge, "send at most \(part.bodyLimit) bytes")
    }
    switch part {
    case .plain, .explain: return await plain(head)
    case .keys: return await keys(head, String(buffer: body))
    case .bundles, .rollouts:
      let path = Self.parts(head).dropFirst().map { Route.decoded($0) }
      return await replica.adminRollouts().answer(head, path, body: String(buffer: body))
    case .experiments:
      let path = Self.parts(head).dropFirst().map { Route.decoded($0) }
      return await replica.adminExperiments().answer(head, path)
    case .decisions:
      let path = Self.parts(head).dropFirst().map { Route.decoded($0) }
      return await replica.adminDecisions().answer(head, path)
    }
  }

  private static let unauthorized = AdminAnswer(
    status: .unauthorized, text: "send Authorization: Bearer TOKEN (admin.token)\n")

  private func denial(_ guarded: String) -> AdminAnswer? {
    switch access {
    case .shown: return nil
    case .refused: return Self.unauthorized
    case .open:
      return .error(.forbidden, "set admin.token in the configuration: \(guarded) with a token only")
    }
  }

  private static func parts(_ head: HTTPRequestHead) -> [Substring] {
    head.uri.prefix { $0 != "?" }.split(separator: "/")
  }

  private func keys(_ head: HTTPRequestHead, _ body: String) async -> AdminAnswer {
    let path = Self.parts(head).map(String.init)
    guard path.first == "keys" else { return .error(.notFound, "there is /keys") }
    return await replica.adminKeys().answer(
      head.method, Array(path.dropFirst()), query: head.query, body: body)
  }

  private func plain(_ head: HTTPRequestHead) async -> AdminAnswer {
    guard head.method == .GET || head.method == .HEAD else {
      return AdminAnswer(status: .methodNotAllowed, text: "GET only\n")
    }
    switch head.uri.prefix(while: { $0 != "?" }) {
    case "/livez":
      guard replica.isAlive(now: SystemClock.monotonicNanoseconds()) else {
        return AdminAnswer(status: .serviceUnavailable, text: "a worker has stood still for 30 s\n")
      }
      return AdminAnswer(status: .ok, text: "ok\n")
    case "/readyz": return readiness
    case "/metrics":
      guard access != .refused else { return Self.unauthorized }
      return AdminAnswer(status: .ok, text: await replica.metrics(), type: PrometheusText.contentType)
    default:
      return AdminAnswer(
        status: .notFound,
        text:
          "there are /livez, /readyz, /metrics, /keys, /api/explain, /api/decisions, /api/bundles, /api/rollouts"
          + " and /api/experiments\n"
      )
    }
  }

  private var readiness: AdminAnswer {
    switch replica.phase {
    case .ready: AdminAnswer(status: .ok, text: "ok\n")
    case .starting: AdminAnswer(status: .serviceUnavailable, text: "starting\n")
    case .draining, .stopped: AdminAnswer(status: .serviceUnavailable, text: "draining\n")
    }
  }
}
