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
  static func error(_ status: Int, _ message: String, code: String? = nil) -> Reply {
    Dialect.openai.reply(to: Refusal(status: status, message: message, code: code), number: 0)
  }

  /// What a fault `status` answers.
  static func fault(
    _ status: Int, retryAfter: Fault.RetryAfter?, body: String?, in dialect: Dialect, number: UInt64
  ) -> Reply {
    var refusal = dialect.simulated(status)
    if case .seconds(let text) = retryAfter { refusal.retryAfter = text }
    var reply = dialect.reply(to: refusal, number: number)
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
