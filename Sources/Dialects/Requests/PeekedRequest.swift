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
  /// The members of the document, for versions of models; nil where they were not noted.
  var members: [MemberCut]?
  /// The prompt of completions is a list, of texts or tokens: no text can be put in front.
  var promptIsList = false
}

/// A member of the document.
struct MemberCut: Sendable {
  enum Kind: Sendable { case text, null, other }

  /// With its quotes.
  var key: Range<Int>
  /// Without the white space around it.
  var value: Range<Int>
  var kind: Kind
  /// The key, where it is spelled with escapes.
  var plainKey: [UInt8]?
}

struct EscapedKey: Sendable {
  var place: Range<Int>
  var name: StaticString
}
