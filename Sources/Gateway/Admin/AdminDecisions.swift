import Coordination
import NIOHTTP1
import Settings

/// The admin port's `/api/decisions`: what was decided about a request, by its id. JSON; with `Accept: text/plain` lines for people.
///
///     GET /api/decisions/req_7h2m9x4k1q8w3e5r6t0y2p4a5
struct AdminDecisions: Sendable {
  let reader: DecisionReader
  /// By the configuration in force.
  let areKept: Bool

  /// `path` has the parts behind `/api`.
  func answer(_ head: HTTPRequestHead, _ path: [String]) async -> AdminAnswer {
    guard head.method == .GET else { return .error(.methodNotAllowed, "GET only") }
    guard path.count == 2, RequestID.isSafe(text: path[1]) else {
      return .error(.notFound, "there is GET /api/decisions/ID, with the x-request-id of an answer")
    }
    do throws(DecisionReader.Failure) {
      guard let line = try await reader.decision(path[1]) else { return .error(.notFound, absence) }
      guard head.wantsText, let text = DecisionText.text(of: line) else {
        return AdminAnswer(status: .ok, text: line + "\n", type: "application/json")
      }
      return AdminAnswer(status: .ok, text: text + "\n")
    } catch {
      return .error(.serviceUnavailable, "\(error)")
    }
  }

  private var absence: String {
    areKept
      ? "nothing is kept of a request with this id: its time is over (telemetry.decisions.keep), it was none of the sample,"
        + " or the shared state was away"
      : "nothing is kept of requests: write telemetry: { decisions: {} } in the configuration"
  }
}

extension RequestID {
  static func isSafe(text: String) -> Bool {
    var text = text
    return text.withUTF8 { isSafe(UnsafeRawBufferPointer($0)) }
  }
}
