import Coordination
import NIOHTTP1
import Policy
import Settings

/// The admin port's `/keys`: makes, lists, revokes and rotates virtual keys. JSON in, JSON out.
///
///     POST   /keys              {"tenant": "acme", "limits": ["600 requests per minute"], "expires_in": "30d"}
///     GET    /keys?after=ID&count=100
///     GET    /keys/ID
///     POST   /keys/ID/rotate    {"grace": "1h"}
///     DELETE /keys/ID
struct AdminKeys: Sendable {
  private static let mostListed = 1_000

  let manager: KeyManager
  let settings: Settings
  /// Milliseconds since 1970.
  let now: Int64

  /// `path` has the parts behind `/keys`.
  func answer(_ method: NIOHTTP1.HTTPMethod, _ path: [String], query: [String: String], body: String) async
    -> AdminAnswer
  {
    do throws(KeyManager.Failure) {
      switch (method, path.count) {
      case (.POST, 0): return try await create(body)
      case (.GET, 0): return try await list(after: query["after"] ?? "", count: query["count"])
      case (.GET, 1): return try await show(path[0])
      case (.DELETE, 1): return try await revoke(path[0])
      case (.POST, 2) where path[1] == "rotate": return try await rotate(path[0], body)
      default:
        return .error(
          .notFound, "there are POST and GET /keys, GET and DELETE /keys/ID and POST /keys/ID/rotate")
      }
    } catch {
      return .error(error.status, "\(error)")
    }
  }

  private func create(_ body: String) async throws(KeyManager.Failure) -> AdminAnswer {
    let terms: KeyTerms
    do {
      terms = try KeyOrder.parse(body).terms(in: settings, now: now)
    } catch {
      return .error(.badRequest, "\(error)")
    }
    return .json(.created, KeyText.json(issued: try await manager.create(terms), terms))
  }

  private func rotate(_ id: String, _ body: String) async throws(KeyManager.Failure) -> AdminAnswer {
    guard let key = KeyID(id) else { return .error(.notFound, "there is no virtual key '\(id.prefix(40))'") }
    let grace: Duration
    do {
      grace = try KeyRotation.parse(body).grace
    } catch {
      return .error(.badRequest, "\(error)")
    }
    let issued = try await manager.rotate(key, grace: grace.components.seconds * 1_000)
    return .json(.ok, KeyText.json(issued: issued, nil))
  }

  private func list(after last: String, count: String?) async throws(KeyManager.Failure) -> AdminAnswer {
    guard let count = count.map(Int.init) ?? 100, (1...Self.mostListed).contains(count),
      last.isEmpty || KeyNames.isID(last)
    else {
      return .error(.badRequest, "send count=1 to \(Self.mostListed), and after=ID or nothing")
    }
    let page = try await manager.list(after: last, count: count)
    let next: [(name: String, value: JSON)] = page.next.map { [("next", .string($0))] } ?? []
    return .json(.ok, .object([("keys", .array(page.keys.map { KeyText.json($0.id, $0.record) }))] + next))
  }

  private func show(_ id: String) async throws(KeyManager.Failure) -> AdminAnswer {
    guard KeyNames.isID(id) else { throw .unknown }
    switch try await manager.entry(id).entry {
    case .none: throw .unknown
    case .record(let record): return .json(.ok, KeyText.json(id, record))
    case .tombstone(let revoked, _):
      return .json(.ok, ["id": .string(id), "revoked": .string(revoked.description)])
    }
  }

  private func revoke(_ id: String) async throws(KeyManager.Failure) -> AdminAnswer {
    guard KeyNames.isID(id) else { throw .unknown }
    let isConfigured = settings.tenants.contains { $0.keys.contains { $0.id == id } }
    let revocation = try await manager.revoke(id, isConfigured: isConfigured)
    return .json(.ok, ["id": .string(id), "revoked": .string(revocation.revoked.description)])
  }
}

extension KeyManager.Failure {
  fileprivate var status: HTTPResponseStatus {
    switch self {
    case .away, .untold: .serviceUnavailable
    case .unknown: .notFound
    case .revoked, .changed, .unreadable: .conflict
    case .expired: .badRequest
    }
  }
}
