import Glibc
import NIOCore

/// An answer that is written in one go.
struct Reply: Equatable, Sendable {
  var status: Int
  /// More header lines, each with its CR LF.
  var headers = ""
  var body: String

  static func json(_ value: JSONValue) -> Reply {
    Reply(status: 200, body: value.description)
  }

  /// In OpenAI's shape.
  static func error(
    _ status: Int, _ message: String, type: String = "invalid_request_error", parameter: String? = nil,
    code: String? = nil
  ) -> Reply {
    let error: JSONValue = [
      "message": .string(message), "type": .string(type), "param": parameter.map(JSONValue.string) ?? .null,
      "code": code.map(JSONValue.string) ?? .null,
    ]
    return Reply(status: status, body: JSONValue.object([.init(key: "error", value: error)]).description)
  }

  /// What a fault `status` answers, told apart by kind as OpenAI does.
  static func fault(_ status: Int, retryAfter: Fault.RetryAfter?, body: String?) -> Reply {
    var reply: Reply
    switch status {
    case 401:
      reply = error(401, "Simulated: incorrect API key provided.", code: "invalid_api_key")
    case 429:
      reply = error(429, "Simulated: rate limit reached.", type: "requests", code: "rate_limit_exceeded")
    case 500...: reply = error(status, "Simulated: the server had an error.", type: "server_error")
    default: reply = error(status, "Simulated error \(status).")
    }
    reply.body = body ?? reply.body
    switch retryAfter {
    case .seconds(let text): reply.headers = "retry-after: \(text)\r\n"
    case .milliseconds(let time): reply.headers = "retry-after-ms: \(time)\r\n"
    case .date(let seconds): reply.headers = "retry-after: \(httpDate(secondsFromNow: seconds))\r\n"
    case nil: break
    }
    return reply
  }
}

/// Such as "Sun, 06 Nov 1994 08:49:37 GMT".
func httpDate(secondsFromNow seconds: Int) -> String {
  var time = Glibc.time(nil) + seconds
  var parts = tm()
  gmtime_r(&time, &parts)
  let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
  func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
  let date = "\(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(1900 + parts.tm_year)"
  return
    "\(days[Int(parts.tm_wday)]), \(date) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
}
