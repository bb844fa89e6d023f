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
  /// The headers whose names begin with `x-`, in order, names in lower case.
  var extras: [Header] = []

  /// The last four characters of the bearer's key, or fewer when it is shorter than eight; empty without a key.
  var keySuffix: String {
    authorization.map(lastFour) ?? ""
  }
}

/// What may be shown of a secret: its last four characters, none if it is shorter than eight.
func lastFour(_ secret: String) -> String {
  let key = secret.utf8
  guard key.count >= 8 else { return key.isEmpty ? "" : "****" }
  return String(decoding: key.suffix(4), as: UTF8.self)
}

/// Which of the simulator's doors a path leads to.
enum Route: Equatable, Sendable {
  case chat, completions, embeddings, responses, models, health, metrics
  case model(String)
  /// A path under /sim/ without that prefix, and its query string.
  case admin(String, query: String)
  case unknown(String)

  init(path bytes: UnsafeRawBufferPointer) {
    let mark = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
    let path = UnsafeRawBufferPointer(rebasing: bytes[..<mark])
    if path.equals("/v1/chat/completions") {
      self = .chat
    } else if path.equals("/v1/completions") {
      self = .completions
    } else if path.equals("/v1/embeddings") {
      self = .embeddings
    } else if path.equals("/v1/responses") {
      self = .responses
    } else if path.equals("/v1/models") {
      self = .models
    } else if path.equals("/health") {
      self = .health
    } else if path.equals("/metrics") {
      self = .metrics
    } else {
      self.init(rare: String(decoding: path, as: UTF8.self), query: bytes[mark...].dropFirst())
    }
  }

  private init(rare path: String, query: Slice<UnsafeRawBufferPointer>) {
    if path.hasPrefix("/v1/models/") {
      self = .model(String(path.dropFirst("/v1/models/".count)))
    } else if path.hasPrefix("/sim/") {
      self = .admin(String(path.dropFirst("/sim/".count)), query: String(decoding: query, as: UTF8.self))
    } else {
      self = .unknown(path)
    }
  }

  var path: String {
    switch self {
    case .chat: "/v1/chat/completions"
    case .completions: "/v1/completions"
    case .embeddings: "/v1/embeddings"
    case .responses: "/v1/responses"
    case .models: "/v1/models"
    case .health: "/health"
    case .metrics: "/metrics"
    case .model(let name): "/v1/models/" + name
    case .admin(let path, _): "/sim/" + path
    case .unknown(let path): path
    }
  }
}
