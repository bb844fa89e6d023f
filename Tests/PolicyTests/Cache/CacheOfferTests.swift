import Testing

@testable import Policy

struct CacheOfferTests {
  private let policy = CachePolicy()

  private func offer(
    status: Int = 200, finish: String? = "stop", surface: Surface = .chatCompletions,
    _ change: (inout CacheOffer) -> Void = { _ in }
  ) -> CacheOffer {
    var offer = CacheOffer(
      isDeterministic: true, surface: surface, isStream: false, status: status, isWhole: true,
      finishReason: finish,
      bytes: 100)
    offer.mayKeepRefusal = true
    change(&offer)
    return offer
  }

  @Test(
    arguments: [
      (Surface.chatCompletions, "stop"), (.chatCompletions, "length"), (.completions, "stop"),
      (.responses, "completed"),
      (.responses, "max_output_tokens"), (.embeddings, nil),
    ] as [(Surface, String?)])
  func aWholeAnswerIsStored(_ surface: Surface, _ finish: String?) {
    #expect(policy.verdict(on: offer(finish: finish, surface: surface)) == .store(.plain, ttl: .seconds(600)))
  }

  @Test func aStreamIsStoredAsOne() {
    #expect(policy.verdict(on: offer { $0.isStream = true }) == .store(.stream, ttl: .seconds(600)))
  }

  @Test(
    arguments: [
      (Surface.chatCompletions, nil), (.chatCompletions, "tool_calls"), (.chatCompletions, "content_filter"),
      (.completions, "completed"), (.responses, "stop"), (.responses, "failed"),
      (.responses, "content_filter"),
    ] as [(Surface, String?)])
  func anAnswerThatEndedOtherwiseIsNot(_ surface: Surface, _ finish: String?) {
    #expect(policy.verdict(on: offer(finish: finish, surface: surface)) == .refuse(.unfinished))
  }

  @Test func eachRefusalHasItsReason() {
    let cases: [(CacheVerdict.Refusal, CacheOffer)] = [
      (.request, offer { $0.directives = CacheDirectives(["no-store"]) }),
      (.notDeterministic, offer { $0.isDeterministic = false }), (.canary, offer { $0.isOfCanary = true }),
      (.broken, offer { $0.isWhole = false }), (.broken, offer { $0.sawError = true }),
      (.tooLarge, offer { $0.bytes = 1 << 20 | 1 }), (.severalChoices, offer { $0.choices = 2 }),
    ]
    for (reason, offer) in cases { #expect(policy.verdict(on: offer) == .refuse(reason)) }
    #expect(CachePolicy(ttl: .zero).verdict(on: offer()) == .refuse(.off))
    #expect(policy.verdict(on: offer { $0.bytes = 1 << 20 }) == .store(.plain, ttl: .seconds(600)))
  }

  /// The client's `no-cache` asks for a new answer, which may be stored.
  @Test func noCacheIsNoReasonNotToStore() {
    let offer = offer { $0.directives = CacheDirectives(["no-cache"]) }
    #expect(policy.verdict(on: offer) == .store(.plain, ttl: .seconds(600)))
  }

  @Test(arguments: [400, 413, 422]) func aRefusalOfTheRequestIsStoredForAWhile(_ status: Int) {
    #expect(policy.verdict(on: offer(status: status, finish: nil)) == .store(.refusal, ttl: .seconds(30)))
    let other = offer(status: status) { $0.mayKeepRefusal = false }
    #expect(policy.verdict(on: other) == .refuse(.notDeterministic))
    #expect(CachePolicy(negativeTTL: .zero).verdict(on: offer(status: status)) == .refuse(.off))
  }

  @Test(arguments: [201, 204, 206, 301, 401, 402, 403, 404, 408, 409, 425, 429, 451, 499, 500, 502, 503, 529])
  func otherStatusesAreNot(_ status: Int) {
    #expect(policy.verdict(on: offer(status: status)) == .refuse(.status))
  }
}
