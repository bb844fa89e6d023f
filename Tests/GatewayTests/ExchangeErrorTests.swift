import Dialects
import Foundation
import Policy
import Testing

@testable import Gateway

struct ExchangeErrorTests {
  private func error(_ error: ExchangeError) throws -> [String: Any] {
    let data = error.body.json().withUnsafeBytes { Data($0) }
    let body = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(Array(body.keys) == ["error"])
    return try #require(body["error"] as? [String: Any])
  }

  @Test(arguments: Classification.Reason.allCases) func everyReasonHasWordsInOpenAIsShape(
    reason: Classification.Reason
  ) throws {
    let failure = ExchangeError(.transport(reason), stop: nil)
    #expect((429...599).contains(failure.status))
    let object = try error(failure)
    #expect(Set(object.keys) == ["message", "type", "param", "code", "source"])
    #expect((object["message"] as? String)?.hasSuffix(".") == true)
    #expect(object["code"] as? String == failure.code)
    #expect(object["type"] as? String == (failure.status == 429 ? "rate_limit_error" : "server_error"))
    #expect(object["source"] as? String == "provider")
    #expect(object["param"] is NSNull)
  }

  @Test(arguments: [
    (Classification.Reason.connect, 502, "upstream_unreachable"),
    (.connectTimeout, 502, "upstream_unreachable"),
    (.tls, 502, "upstream_tls_failed"), (.reset, 502, "upstream_reset"),
    (.garbage, 502, "upstream_invalid_answer"),
    (.oversizedHead, 502, "upstream_invalid_answer"), (.redirect, 502, "upstream_redirect"),
    (.credential, 502, "upstream_credential_refused"), (.firstByteTimeout, 504, "upstream_timeout"),
    (.stalled, 504, "upstream_timeout"), (.deadline, 504, "deadline_exceeded"),
    (.brokenStream, 502, "upstream_stream_broken"), (.local, 500, "internal_error"),
    (.fellBehind, 503, "fell_behind"),
    (.rateLimited, 429, "upstream_rate_limited"), (.overloaded, 503, "upstream_overloaded"),
  ])
  func reasonsHaveTheirStatuses(reason: Classification.Reason, status: Int, code: String) {
    let failure = ExchangeError(.transport(reason), stop: nil)
    #expect(failure.status == status)
    #expect(failure.code == code)
  }

  /// SDKs try again by themselves; where our own attempts or their budget are spent that is of no use.
  @Test func spentAttemptsTellSDKsNotToTryAgain() {
    let verdict = Classification.transport(.connect)
    #expect(ExchangeError(verdict, stop: .attemptsSpent).shouldRetry == false)
    #expect(ExchangeError(verdict, stop: .budgetSpent).shouldRetry == false)
    #expect(ExchangeError(verdict, stop: .candidatesSpent).shouldRetry == nil)
    #expect(ExchangeError(verdict, stop: nil).shouldRetry == nil)
  }

  /// Nor is it where the provider would say the same again.
  @Test(arguments: [Classification.Reason.credential, .redirect, .tls, .refusedByProvider])
  func finalRefusalsTellSDKsNotToTryAgain(reason: Classification.Reason) {
    let verdict = Classification(.cooldown, fault: .provider, retry: .elsewhere, reason)
    #expect(ExchangeError(verdict, stop: .candidatesSpent).shouldRetry == false)
  }

  @Test func theClientsErrorsSayWhatToDo() throws {
    let cases: [(ExchangeError, Int, String)] = [
      (.missingKey, 401, "authentication_error"), (.wrongKey, 401, "authentication_error"),
      (.modelNotFound("x"), 404, "invalid_request_error"), (.modelMissing, 400, "invalid_request_error"),
      (.bodyTooLarge(limit: 5), 413, "invalid_request_error"),
      (.contentEncoding, 415, "invalid_request_error"),
      (.bodyTimeout, 408, "invalid_request_error"), (.unknownPath("/x"), 404, "invalid_request_error"),
      (.wrongMethod(allow: "POST"), 405, "invalid_request_error"),
      (.headTimeout, 408, "invalid_request_error"), (.requestTimeout, 400, "invalid_request_error"),
      (.repeatedCredential, 400, "invalid_request_error"),
      (.refused(status: 422), 422, "invalid_request_error"),
      (.invalidFeedback("score", "is no number"), 400, "invalid_request_error"),
      (.feedbackUnknown, 404, "invalid_request_error"), (.feedbackRepeated, 409, "invalid_request_error"),
      (.feedbackLate, 410, "invalid_request_error"), (.feedbackTooLarge, 413, "invalid_request_error"),
    ]
    for (failure, status, type) in cases {
      #expect(failure.status == status)
      let object = try error(failure)
      #expect(object["type"] as? String == type)
      #expect(object["source"] as? String == "client")
    }
    #expect(ExchangeError.wrongMethod(allow: "POST").allow == "POST")
    #expect(ExchangeError.modelNotFound("x").param == "model")
  }

  /// What clients send comes back in messages; it must not break out of them.
  @Test func namesOfClientsStayInsideTheMessage() throws {
    let name = "\"},{\"x\":\"\u{1}\n"
    #expect((try error(.modelNotFound(name))["message"] as? String)?.contains(name) == true)
  }

  @Test func ourOwnFaultsAreOurs() throws {
    #expect(try error(.overloaded)["source"] as? String == "switchyard")
    #expect(ExchangeError.overloaded.retryAfterSeconds == 1)
    let local = ExchangeError(.local, stop: nil)
    #expect((local.status, local.code) == (500, "internal_error") && local.fault == .switchyard)
    #expect(try error(local)["source"] as? String == "switchyard")
  }
}
