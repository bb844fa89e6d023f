/// One line of traffic, recorded or made up: who asked what, and what it came to as far as that is known.
package struct TrafficLine: Sendable {
  package enum Who: Hashable, Sendable {
    /// By its id.
    case key(String)
    /// Any key of a tenant.
    case tenant(String)
    case nobody
  }

  package enum Content: Sendable {
    /// What the client sent: bytes of the line.
    case body(Range<Int>)
    /// What routing knows of a request whose body nobody kept.
    case sizes(PeekedRequest)
  }

  /// Tokens that an answer was billed for; nil where the line doesn't tell.
  package struct Use: Sendable, Equatable {
    package var input: Int?
    /// Of the input.
    package var cached = 0
    package var output: Int?
    /// Of the output.
    package var reasoning = 0
  }

  /// Milliseconds since 1970; nil where the line doesn't tell.
  package var at: Int64?
  package var who = Who.nobody
  package var path = TrafficLine.usualPath
  package var headers: [(name: String, value: String)] = []
  package var content: Content
  package var use = Use()
  /// The deployment that answered, and how long that took, in milliseconds.
  package var deployment: String?
  package var took: Double?

  package static let usualPath = "/v1/chat/completions"

  /// A second before it would be too large for a clock of milliseconds.
  static let latest = 1e12
}

/// Why a line can't be played, for whoever made it.
package struct TrafficFault: Error, Equatable, Sendable {
  package let message: String

  package init(_ message: String) { self.message = message }
}
