import NIOCore
import NIOHTTP1

/// The admin port's `/api/explain`: what would become of a request. The body and the headers are those that the client would send;
/// who it is, and the path, stand in the query. Nothing is sent, charged or counted.
///
///     POST /api/explain?key=ID&path=/v1/chat/completions
///     POST /api/explain?tenant=NAME
struct AdminExplain: Sendable {
  /// Bytes of a body; more is refused.
  static let bodyLimit = 4 << 20
  static let path = "/api/explain"

  let replica: Replica

  func answer(_ head: HTTPRequestHead, _ body: ByteBuffer) async -> AdminAnswer {
    guard head.method == .POST else { return .error(.methodNotAllowed, "POST only") }
    guard body.readableBytes <= Self.bodyLimit else {
      return .error(.payloadTooLarge, "send at most \(Self.bodyLimit) bytes")
    }
    let query = head.query
    if let unknown = query.keys.first(where: { !["key", "tenant", "path"].contains($0) }) {
      return .error(
        .badRequest, "there is no '\(unknown.prefix(40))': write key=ID or tenant=NAME, and path=/v1/…")
    }
    if query["key"] != nil, query["tenant"] != nil {
      return .error(.badRequest, "name either a key or a tenant")
    }
    let ask = ExplainAsk(
      who: query["key"].map { .key($0) } ?? query["tenant"].map { .tenant($0) } ?? .anybody,
      path: query["path"] ?? ExplainAsk.usualPath, headers: head.headers.map { ($0.name, $0.value) },
      body: Array(body.readableBytesView))
    do throws(ExplainAsk.Refusal) {
      let explanation = try await replica.explain(ask)
      guard !head.wantsText else { return AdminAnswer(status: .ok, text: explanation.text + "\n") }
      return .json(.ok, explanation.json)
    } catch {
      return .error(error.status, "\(error)")
    }
  }
}

extension ExplainAsk.Refusal {
  fileprivate var status: HTTPResponseStatus {
    switch self {
    case .nobodyNamed, .noKeysHere, .badHead: .badRequest
    case .unknownKey, .unknownOffline, .unknownTenant: .notFound
    case .stateAway: .serviceUnavailable
    }
  }
}

extension HTTPRequestHead {
  /// Names and values behind the `?`, without their percent escapes.
  var query: [String: String] {
    var query: [String: String] = [:]
    for pair in uri.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
      let words = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      query[Route.decoded(words[0])] = words.count > 1 ? Route.decoded(words[1]) : ""
    }
    return query
  }

  /// A person reads it.
  var wantsText: Bool { headers["accept"].contains { $0.contains("text/plain") } }
}
