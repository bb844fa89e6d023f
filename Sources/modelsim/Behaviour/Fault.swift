/// One way to misbehave. At most one applies to a request.
enum Fault: Equatable, Sendable {
  /// Where in an answer something happens. A chunk is one step of a stream; a plain answer breaks at its half.
  enum Place: Equatable, Sendable {
    case beforeFirstByte
    case midStream(afterChunks: Int)
  }

  enum RetryAfter: Equatable, Sendable {
    case seconds(String)
    case milliseconds(Int)
    /// An HTTP date this many seconds ahead.
    case date(seconds: Int)
  }

  case status(Int, retryAfter: RetryAfter?, body: String?)
  /// The connection ends with RST.
  case reset(Place)
  /// The connection ends with FIN, the answer cut short.
  case close(Place)
  /// Nothing more is ever sent.
  case stall(Place)
  /// The whole answer, head included, one byte each so many nanoseconds.
  case drip(Int64)
  /// The head at once, then the body one byte each so many nanoseconds.
  case slowBody(Int64)
  /// A stream ends with an error event and without its closing events.
  case errorEvent(afterChunks: Int)
  case malformedJSON
  case malformedSSE
  /// Bytes that are no HTTP.
  case garbage
  /// 200 with an empty body.
  case empty
  /// A response header of so many bytes.
  case oversizedHeader(Int)
  case redirect(String)
}

/// How one request is answered, where it differs from the settings.
struct Behaviour: Equatable, Sendable {
  var tokens: Int?
  var ttft: Distribution?
  var perToken: Distribution?
  var fault: Fault?
  /// What is said instead of words.
  var text: String?
  /// What the model says in refusing to answer.
  var refusal: String?
  /// The function that is called, offered or not.
  var tool: String?
  /// How many calls there are; 0: an answer in words, whatever is offered.
  var calls: Int?
  /// Words that are thought aloud first.
  var thinking: Int?
  /// Tokens of the prompt that a cache had.
  var cached: Int?

  /// These, and where they say nothing, `other`'s.
  func over(_ other: Behaviour) -> Behaviour {
    Behaviour(
      tokens: tokens ?? other.tokens, ttft: ttft ?? other.ttft, perToken: perToken ?? other.perToken,
      fault: fault ?? other.fault, text: text ?? other.text,
      refusal: refusal ?? other.refusal, tool: tool ?? other.tool,
      calls: calls ?? other.calls, thinking: thinking ?? other.thinking, cached: cached ?? other.cached)
  }
}
