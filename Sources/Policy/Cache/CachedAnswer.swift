/// What is stored in front of an answer's body.
package struct CachedMeta: Equatable, Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    /// A plain answer's body.
    case plain
    /// Events with their times: `StreamRecording`.
    case stream
    /// A provider's refusal that depends on the request alone.
    case refusal
  }

  /// How the body is stored.
  package enum Encoding: String, Sendable, CaseIterable {
    case identity, gzip
  }

  /// Tokens that the provider counted.
  package struct Usage: Equatable, Sendable {
    package var input: Int64 = 0
    package var output: Int64 = 0
    package var cached: Int64 = 0
    package var reasoning: Int64 = 0

    package init(input: Int64 = 0, output: Int64 = 0, cached: Int64 = 0, reasoning: Int64 = 0) {
      (self.input, self.output, self.cached, self.reasoning) = (input, output, cached, reasoning)
    }
  }

  package var kind: Kind
  package var status: Int
  /// The content type, as the provider sent it.
  package var type: String
  /// Milliseconds that it is fresh, jitter included.
  package var ttl: Int64
  /// Milliseconds that the provider took: what fetching it anew costs.
  package var delta: Int64
  package var usage: Usage
  package var encoding: Encoding
  /// Bytes of the body before it was encoded.
  package var bytes: Int64

  package init(
    kind: Kind, status: Int, type: String, ttl: Int64, delta: Int64, usage: Usage, encoding: Encoding,
    bytes: Int64
  ) {
    self.kind = kind
    self.status = status
    self.type = type
    self.ttl = ttl
    self.delta = delta
    self.usage = usage
    self.encoding = encoding
    self.bytes = bytes
  }
}

/// An answer as the cache gives it back.
package struct CachedAnswer: Equatable, Sendable {
  package var meta: CachedMeta
  /// Redis' milliseconds since 1970, as stored: at most `CacheStore.tolerance` later than when it was read.
  package var created: Int64
  /// Encoded as `meta` says.
  package var body: [UInt8]

  package init(meta: CachedMeta, created: Int64, body: [UInt8]) {
    self.meta = meta
    self.created = created
    self.body = body
  }
}
