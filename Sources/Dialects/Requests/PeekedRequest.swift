package import Policy

/// What a peek found in a body: the facts for routing, and where a splice has to cut.
package struct PeekedRequest: Sendable {
  package var facts: RequestFacts
  var cuts: SpliceCuts
}

/// Byte offsets into the body that was peeked.
struct SpliceCuts: Sendable {
  /// Where usage is asked for.
  enum UsageSwitch: Sendable {
    /// No `stream_options`.
    case absent
    /// `stream_options` is null, here.
    case null(Range<Int>)
    /// The object lacks `include_usage`; its members begin here.
    case missing(at: Int, objectIsEmpty: Bool)
    /// The value of `include_usage` that is not true.
    case off(Range<Int>)
    case on
  }

  /// Behind the opening brace of the document.
  var objectStart: Int
  var objectIsEmpty = true
  /// The value of `model`, quotes included.
  var model: Range<Int>?
  var usage = UsageSwitch.absent
  /// Keys that the router knows but that are spelled with escapes, quotes included.
  var escapedKeys: [EscapedKey] = []
}

struct EscapedKey: Sendable {
  var place: Range<Int>
  var name: StaticString
}
