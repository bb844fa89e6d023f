import NIOCore

/// Writes response heads.
struct ResponseHead {
  enum Length {
    case bytes(Int)
    case chunked
    /// The answer ends with the connection.
    case untilClose
  }

  enum Kind {
    case json
    /// Server-sent events.
    case events
    /// JSON line by line.
    case lines

    var headers: StaticString {
      switch self {
      case .json: "content-type: application/json\r\n"
      case .events: "content-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
      case .lines: "content-type: application/x-ndjson\r\n"
      }
    }
  }

  var status = 200
  var length: Length
  var keepsAlive: Bool
  var kind = Kind.json
  /// More header lines, each with its CR LF.
  var headers = ""
  /// Told as x-request-id.
  var number: UInt64

  /// Returns where the digits of the length stand, if there are any.
  @discardableResult
  func write(into buffer: inout ByteBuffer) -> Int? {
    var digits: Int?
    if status == 200 {
      buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
    } else {
      buffer.writeString("HTTP/1.1 \(status) \(Self.reason(status))\r\n")
    }
    buffer.writeStaticString(kind.headers)
    buffer.writeStaticString("x-request-id: req_")
    buffer.writeDecimal(number)
    buffer.writeStaticString("\r\n")
    if !headers.isEmpty { buffer.writeString(headers) }
    switch length {
    case .bytes(let count):
      buffer.writeStaticString("content-length: ")
      digits = buffer.writerIndex
      buffer.writeDecimal(count)
      buffer.writeStaticString("\r\n")
    case .chunked: buffer.writeStaticString("transfer-encoding: chunked\r\n")
    case .untilClose: break
    }
    buffer.writeStaticString(keepsAlive ? "\r\n" : "connection: close\r\n\r\n")
    return digits
  }

  static func reason(_ status: Int) -> String {
    reasons[status] ?? "Simulated"
  }

  private static let reasons = [
    307: "Temporary Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict", 413: "Content Too Large",
    422: "Unprocessable Content", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
    505: "HTTP Version Not Supported", 529: "Overloaded",
  ]
}
