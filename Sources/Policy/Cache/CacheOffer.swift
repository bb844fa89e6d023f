/// A complete exchange, as the rule for storing sees it.
package struct CacheOffer: Sendable {
  /// The canonical request's answer is always the same, or its model's owner says that it may be taken so.
  package var isDeterministic: Bool
  /// A refusal of it is due to the canonical request alone.
  package var mayKeepRefusal = false
  package var surface: Surface
  package var isStream: Bool
  /// Answers asked for.
  package var choices = 1
  package var directives = CacheDirectives()

  /// What came from the provider itself, not from the router.
  package var status: Int
  /// It came to its end: all bytes of its length, or the stream's last event.
  package var isWhole: Bool
  /// It held an error event.
  package var sawError = false
  package var finishReason: String?
  /// The client got it from a deployment that is on trial: not what the active version says.
  package var isOfCanary = false
  /// Bytes of the body as it would be stored.
  package var bytes: Int

  package init(
    isDeterministic: Bool, surface: Surface, isStream: Bool, status: Int, isWhole: Bool,
    finishReason: String?, bytes: Int
  ) {
    self.isDeterministic = isDeterministic
    self.surface = surface
    self.isStream = isStream
    self.status = status
    self.isWhole = isWhole
    self.finishReason = finishReason
    self.bytes = bytes
  }
}

/// Whether an answer is stored, and why not.
package enum CacheVerdict: Equatable, Sendable {
  case store(CachedMeta.Kind, ttl: Duration)
  case refuse(Refusal)

  package enum Refusal: String, Sendable, CaseIterable {
    /// The cache is off: its time to live is nothing.
    case off
    /// The client wants nothing stored.
    case request
    case notDeterministic = "not_deterministic"
    case canary
    /// Cut off, or with an error inside.
    case broken
    case status
    /// It ended for another reason than its own end or its length: filtered, or a tool's turn.
    case unfinished
    /// Several answers, of which one finish reason is known.
    case severalChoices = "several_choices"
    case tooLarge = "too_large"
  }
}

extension CachePolicy {
  /// The one rule for what is stored. The time to live has no jitter yet.
  package func verdict(on offer: CacheOffer) -> CacheVerdict {
    if offer.directives.noStore { return .refuse(.request) }
    if !offer.isDeterministic { return .refuse(.notDeterministic) }
    if offer.isOfCanary { return .refuse(.canary) }
    if !offer.isWhole || offer.sawError { return .refuse(.broken) }
    if offer.bytes > maxBody { return .refuse(.tooLarge) }
    return offer.status == 200 ? verdict(onAnswer: offer) : verdict(onRefusal: offer)
  }

  private func verdict(onAnswer offer: CacheOffer) -> CacheVerdict {
    if ttl == .zero { return .refuse(.off) }
    if offer.choices != 1 { return .refuse(.severalChoices) }
    if !offer.isFinished { return .refuse(.unfinished) }
    return .store(offer.isStream ? .stream : .plain, ttl: ttl)
  }

  /// 400, 413 and 422 say that this request will never do; any other status may be due to the credential, the load or the hour.
  private func verdict(onRefusal offer: CacheOffer) -> CacheVerdict {
    guard offer.status == 400 || offer.status == 413 || offer.status == 422 else { return .refuse(.status) }
    guard offer.mayKeepRefusal else { return .refuse(.notDeterministic) }
    return negativeTTL == .zero ? .refuse(.off) : .store(.refusal, ttl: negativeTTL)
  }
}

extension CacheOffer {
  /// A limit of tokens is part of the request, so an answer that reached it is whole.
  fileprivate var isFinished: Bool {
    switch surface {
    case .embeddings, .ollamaEmbed, .countTokens: true
    case .chatCompletions, .completions, .messages, .ollamaChat, .ollamaGenerate:
      finishReason == "stop" || finishReason == "length" || finishReason == "stop_sequence"
    case .responses: finishReason == "completed" || finishReason == "max_output_tokens"
    }
  }
}
