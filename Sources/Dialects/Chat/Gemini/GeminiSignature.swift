/// Signatures of thoughts, by which Gemini goes on with what it thought.
///
/// Gemini puts them on any part of an answer, and wants those of calls back: newer models refuse a call without one. Clients keep them
/// with the thoughts, as they do with Anthropic's, so each carries a mark: Gemini refuses signatures that it didn't make.
enum GeminiSignature {
  private static let mark = "gemini:"
  /// The documented signature for calls that Gemini didn't make, or whose client kept none.
  static let skip = "skip_thought_signature_validator"
  /// Models that take calls without one.
  private static let lenient = ["gemini-1", "gemini-2"]

  /// As clients are shown it.
  static func marked(_ signature: String) -> String { mark + signature }

  /// What a call has to have that comes without a signature; nil: nothing.
  static func ofUnsignedCall(to model: String?) -> String? {
    lenient.contains { model?.hasPrefix($0) ?? false } ? nil : skip
  }

  /// As Gemini made it; nil for one that others made.
  static func unmarked(_ signature: String) -> String? {
    signature.hasPrefix(mark) ? String(signature.dropFirst(mark.count)) : nil
  }
}

extension Thinking {
  /// What Gemini signed it with; nil where others made it, or nobody signed it.
  var geminiSignature: String? { signature.flatMap { GeminiSignature.unmarked($0) } }
}
