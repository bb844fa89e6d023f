import Policy
import Testing

struct ClassificationTests {
  private typealias Row = (
    status: Int, kind: Classification.Kind, fault: Classification.Fault?, retry: Classification.Retry,
    reason: Classification.Reason
  )

  /// Algorithms §7: never on 4xx but 408, 409, 429, and those about our own credential.
  private static let rows: [Row] = [
    (200, .success, nil, .never, .ok),
    (201, .success, nil, .never, .ok),
    (204, .success, nil, .never, .ok),
    (299, .success, nil, .never, .ok),
    (300, .failure, .provider, .elsewhere, .redirect),
    (302, .failure, .provider, .elsewhere, .redirect),
    (399, .failure, .provider, .elsewhere, .redirect),
    (400, .ignore, .client, .never, .refusedByProvider),
    (401, .credential, .provider, .elsewhere, .credential),
    (402, .failure, .provider, .elsewhere, .credential),
    (403, .failure, .provider, .elsewhere, .credential),
    (404, .ignore, .client, .never, .refusedByProvider),
    (408, .failure, .provider, .elsewhere, .requestTimeout),
    (409, .ignore, .provider, .elsewhere, .conflict),
    (413, .ignore, .client, .elsewhere, .tooLarge),
    (422, .ignore, .client, .never, .refusedByProvider),
    (429, .cooldown, .provider, .elsewhere, .rateLimited),
    (499, .ignore, .client, .never, .refusedByProvider),
    (500, .failure, .provider, .anywhere, .serverError),
    (502, .failure, .provider, .anywhere, .serverError),
    (503, .failure, .provider, .anywhere, .overloaded),
    (504, .failure, .provider, .anywhere, .serverError),
    (529, .failure, .provider, .anywhere, .overloaded),
    (599, .failure, .provider, .anywhere, .serverError),
    (0, .failure, .provider, .elsewhere, .garbage),
    (101, .failure, .provider, .elsewhere, .garbage),
    (600, .failure, .provider, .elsewhere, .garbage),
    (999, .failure, .provider, .elsewhere, .garbage),
  ]

  @Test(arguments: rows.indices) func statusesMeanWhatTheTableSays(index: Int) {
    let row = Self.rows[index]
    let expected = Classification(row.kind, fault: row.fault, retry: row.retry, row.reason)
    #expect(Classification(status: row.status) == expected, "\(row.status)")
  }

  @Test func whatAnErrorSaysBesideItsStatusCounts() {
    let quota = Classification(status: 429, .init(complaint: .quotaSpent))
    #expect((quota.kind, quota.reason) == (.credential, .credential))
    let large = Classification(status: 429, .init(complaint: .tooLarge))
    #expect((large.kind, large.fault, large.retry) == (.ignore, .client, .elsewhere))
    for status in [503, 529] {
      let verdict = Classification(status: status, .init(asksToWait: true))
      #expect((verdict.kind, verdict.retry, verdict.reason) == (.cooldown, .elsewhere, .overloaded))
    }
    #expect(Classification(status: 500, .init(asksToWait: true)).kind == .failure)
    #expect(Classification(status: 400, .init(complaint: .quotaSpent)).kind == .ignore)
    #expect(Classification(status: 400, .init(complaint: .credential)) == Classification(status: 401))
  }

  @Test func breakersSeeWhoseFaultItWas() {
    typealias Effect = Classification.Effect
    let cases: [(Classification, Effect)] = [
      (.success, .ok), (.clientGone, .none), (.local, .none), (.init(status: 400), .none),
      (.init(status: 413), .none), (.init(status: 500), .answerFailed), (.init(status: 403), .answerFailed),
      (.init(status: 429), .cooldown), (.init(status: 503, .init(asksToWait: true)), .cooldown),
      (.init(status: 503), .answerFailed), (.init(status: 401), .credential),
      (.transport(.connect), .transportFailed(isConnect: true)),
      (.transport(.tls), .transportFailed(isConnect: true)),
      (.transport(.connectTimeout), .transportFailed(isConnect: true)),
      (.transport(.reset), .transportFailed(isConnect: false)),
      (.transport(.firstByteTimeout), .answerFailed), (.init(status: 402), .answerFailed),
      (.transport(.brokenStream), .answerFailed), (.transport(.malformedBody), .answerFailed),
      (.deadline(isClients: false), .answerFailed), (.deadline(isClients: true), .none),
    ]
    for (verdict, effect) in cases { #expect(verdict.effect == effect, "\(verdict.reason)") }
  }

  @Test func noStatusWithoutTheTwoHundredsIsASuccess() {
    for status in 0..<1000 {
      let isSuccess = Classification(status: status).kind == .success
      #expect(isSuccess == (200..<300).contains(status), "\(status)")
    }
  }

  @Test func theClientsOwnMistakesAreNeverTriedAgainNorHeldAgainstTheEndpoint() {
    for status in 0..<1000 {
      let verdict = Classification(status: status)
      guard verdict.fault == .client else { continue }
      #expect(verdict.retry == (status == 413 ? .elsewhere : .never))
      #expect(verdict.kind == .ignore)
    }
  }

  @Test func faultsOfTransportMayBeTriedAnywhere() {
    for reason in Classification.Reason.allCases {
      let verdict = Classification.transport(reason)
      #expect(verdict == Classification(.failure, fault: .provider, retry: .anywhere, reason))
    }
  }

  @Test func whatIsNotTheEndpointsSaysNothingAboutIt() {
    #expect(Classification.clientGone.kind == .ignore)
    #expect(Classification.clientGone.retry == .never)
    #expect(Classification.fellBehind.kind == .ignore)
    #expect(Classification.fellBehind.fault == .client)
    #expect(Classification.local.kind == .ignore)
    #expect(Classification.local.fault == .switchyard)
    #expect(Classification.stopping.kind == .ignore)
    #expect(Classification.stopping.fault == .switchyard)
    #expect(Classification.success.fault == nil)
  }

  @Test func whatOthersWereSoonerThanMayHaveBeenLate() {
    #expect(Classification.hedgeLost.isOutpaced && Classification.branchLost.isOutpaced)
    #expect(Classification.branchLost.kind == .ignore && Classification.branchLost.retry == .never)
    #expect(!Classification.clientGone.isOutpaced && !Classification.success.isOutpaced)
  }

  @Test func aDeadlineIsTheProvidersFailureUnlessTheClientAskedForLess() {
    #expect(Classification.deadline(isClients: false).kind == .failure)
    #expect(Classification.deadline(isClients: false).fault == .provider)
    #expect(Classification.deadline(isClients: true).kind == .ignore)
    #expect(Classification.deadline(isClients: true).fault == .client)
  }

  @Test func reasonsAreWordsForLabels() {
    let words = Classification.Reason.allCases.map(\.rawValue)
    #expect(Set(words).count == words.count)
    #expect(words.allSatisfy { $0.allSatisfy { $0 == "_" || $0.isLowercase && $0.isASCII } })
  }
}
