import NIOCore

/// A whole HTTP request as a connection hands it on.
struct HTTPRequest {
  var head: RequestHead
  var body: ByteBuffer
}

/// What the simulator needs of a request's head; the rest is checked and forgotten.
struct RequestHead: Equatable {
  enum Method: Equatable {
    case get, post, put, delete, other
  }

  /// How the body's length is told.
  enum Framing: Equatable {
    case sized(Int)
    case chunked
  }

  struct Header: Equatable, Sendable {
    var name: String
    var value: String
  }

  var method = Method.other
  var route = Route.health
  var framing = Framing.sized(0)
  var keepsAlive = true
  var expectsContinue = false
  /// The Authorization header's value, secret: never logged whole.
  var authorization: String?
  /// The values of x-api-key, x-goog-api-key and api-key, secret likewise.
  var secrets: [Header] = []
  var anthropicVersion: String?
  /// The headers whose names begin with `x-` or `anthropic-`, in order, names in lower case.
  var extras: [Header] = []

  /// The last four characters of the dialect's key, or stars when it is shorter than eight; empty without one.
  var keySuffix: String {
    credential.map(lastFour) ?? ""
  }

  func secret(_ name: String) -> String? {
    secrets.first { $0.name == name }?.value
  }
}

/// What may be shown of a secret: its last four characters, none if it is shorter than eight.
func lastFour(_ secret: String) -> String {
  let key = secret.utf8
  guard key.count >= 8 else { return key.isEmpty ? "" : "****" }
  return String(decoding: key.suffix(4), as: UTF8.self)
}
