/// Whose fault a failure was; also a label of the metrics.
package enum ErrorSource: String, Sendable, Hashable, CaseIterable {
  case none, client, policy, provider, switchyard
}

/// What the access log says of one exchange.
///
/// Never a prompt, a completion, a credential or a header's value but the two request ids. Texts beyond
/// ``maximumText`` bytes are cut. What is nil is absent from the line. Not copyable: a copy would count a dozen references.
package struct AccessLogRecord: ~Copyable, Sendable {
  /// Bytes of one text that reach the line.
  package static let maximumText = 256

  /// When the exchange was settled, in milliseconds since 1970.
  package var wallMilliseconds: Int64
  package var requestID: String
  /// The client's address, without the port.
  package var client: String
  package var method: String
  /// The path's template (`/v1/responses/{id}`), not the path.
  package var path: String
  /// The status sent; 0 when the client went away before one was.
  package var status: Int

  package var model: String?
  /// Which version of the model answered, and why that one: baseline, canary, pinned or experiment; shadow: a copy, that nobody was
  /// sent; judge: a question about one; nil where it has none.
  package var version: Int64?
  package var arm: String?
  /// `NAME=ARM`; nil where it takes part in none.
  package var experiment: String?
  /// The routing rule that matched; nil where none did.
  package var rule: String?
  /// The ensemble that was asked, and what decided; nil where one model was asked. Tokens and cost are then those of all that were.
  package var ensemble: String?
  package var ensembleEnd: String?
  /// Why it went where it costs less: budget; nil where it didn't.
  package var steered: String?
  /// Whether what was learned has chosen the first deployment (steering), or why it has not: gathering, idle, stopped; nil where nothing is
  /// learned.
  package var choice: String?
  /// How often that deployment is chosen for such a request, in millionths.
  package var propensity: Int64?
  /// Names of the classes of its data, with commas; nil where it has none.
  package var dataClass: String?
  package var deployment: String?
  package var provider: String?
  package var endpoint: String?
  package var tenant: String?
  /// The name of the key, never its material.
  package var keyID: String?

  package var attempts = 0
  /// Where a second endpoint was asked: whether it was sooner (won, lost), or both failed.
  package var hedge: String?
  package var isFallback = false
  package var isStream = false
  package var isClientGone = false

  package var inputTokens: Int64?
  package var outputTokens: Int64?
  package var cachedTokens: Int64?
  package var costMicrodollars: Int64?

  package var durationMicroseconds: Int64 = 0
  /// From the request to the first byte sent.
  package var firstByteMicroseconds: Int64?
  package var upstreamMicroseconds: Int64?
  package var queueMicroseconds: Int64?
  /// The class in which it waited, or would have.
  package var queueClass: String?
  package var bytesIn: Int64 = 0
  package var bytesOut: Int64 = 0

  package var errorType: String?
  package var errorSource = ErrorSource.none
  package var upstreamRequestID: String?
  package var finishReason: String?
  /// What the cache did: hit, miss, stale, collapsed or bypass; nil where there is none.
  package var cache: String?

  package init(
    wallMilliseconds: Int64, requestID: String, client: String, method: String, path: String, status: Int
  ) {
    self.wallMilliseconds = wallMilliseconds
    self.requestID = requestID
    self.client = client
    self.method = method
    self.path = path
    self.status = status
  }
}
