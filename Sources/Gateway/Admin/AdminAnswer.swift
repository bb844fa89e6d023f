import NIOHTTP1
import Settings

/// What the admin port says.
struct AdminAnswer: Sendable {
  var status: HTTPResponseStatus
  var text: String
  var type = "text/plain; charset=utf-8"

  static func json(_ status: HTTPResponseStatus, _ json: JSON) -> AdminAnswer {
    AdminAnswer(status: status, text: json.text + "\n", type: "application/json")
  }

  /// `reason` says what to do.
  static func error(_ status: HTTPResponseStatus, _ reason: String) -> AdminAnswer {
    json(status, ["error": .string(reason)])
  }
}
