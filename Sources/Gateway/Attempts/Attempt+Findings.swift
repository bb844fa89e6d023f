import Dialects
import NIOCore
import Policy
import Upstream

/// What its answer says.
extension Attempt {
  /// The body's length where it is known: of an answer that is held whole.
  var wholeLength: Int? { finalVerdict != nil && isWhole && kind == .plain ? heldBytes.readableBytes : nil }

  /// Whether an answer that reports a failure can be passed on as it is. One about our own credential or address can't, nor
  /// one that isn't JSON.
  var isPresentable: Bool {
    guard isWhole, let verdict = finalVerdict else { return false }
    return switch verdict.reason {
    case .rateLimited, .serverError, .overloaded, .requestTimeout, .conflict, .refusedByProvider, .tooLarge,
      .errorEvent:
      true
    default: false
    }
  }

  /// What is known of its stream.
  var streamFacts: StreamFacts { translator?.facts ?? scanner.facts }

  /// The content type that its client is sent.
  var contentType: String? {
    guard translated != nil else { return head.first("content-type") }
    return kind == .events ? surface.streamType : surface.plainType
  }

  var usage: Usage? { kind == .events ? streamFacts.usage : answerFacts?.usage }

  /// Tokens that were seen of an answer which says nothing of its usage: an event of a stream is about one, and so are four bytes of
  /// text. Embeddings have none; of a plain answer beyond `holdLimit` nobody has looked what it is.
  var seenTokens: Int? {
    if kind == .events { return streamFacts.contentEvents }
    if !surface.asksForText { return 0 }
    return seenBytes > Self.holdLimit ? nil : seenBytes / 4
  }

  var finishReason: String? { kind == .events ? streamFacts.finishReason : answerFacts?.finishReason }
}
