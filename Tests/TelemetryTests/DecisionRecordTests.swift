import Foundation
import Testing

@testable import Telemetry

struct DecisionRecordTests {
  private static func record(_ text: String) -> AccessLogRecord {
    var record = AccessLogRecord(
      wallMilliseconds: 0, requestID: text, client: "10.1.2.3", method: text, path: text, status: 200)
    (record.model, record.arm, record.experiment, record.rule) = (text, text, text, text)
    (record.dataClass, record.deployment, record.provider, record.endpoint) = (text, text, text, text)
    (record.tenant, record.keyID, record.hedge, record.queueClass) = (text, text, text, text)
    (record.errorType, record.upstreamRequestID, record.finishReason) = (text, text, text)
    record.cache = text
    return record
  }

  /// What is longer than its bound would end the process.
  @Test(arguments: ["a", String(repeating: "\u{1}", count: 400), String(repeating: "é", count: 200)])
  func whateverTheTextsItIsOneObject(_ text: String) throws {
    var decision = DecisionRecord()
    decision.attempts = Array(
      repeating: .init(
        deployment: text, endpoint: text, reason: text, result: text, status: Int.min, microseconds: Int64.min
      ),
      count: 20)
    (decision.complexity, decision.task) = (Int64.min, text)
    let bytes = decision.text(with: Self.record(text))
    let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
    #expect(object?["model"] as? String == object?["task"] as? String)
    #expect((object?["tries"] as? [[String: Any]])?.count == 20)
    #expect(object?["client"] == nil && !String(decoding: bytes, as: UTF8.self).contains("10.1.2.3"))
  }

  @Test func whatIsNotKnownIsLeftOut() {
    let text = String(decoding: DecisionRecord().text(with: Self.record("a")), as: UTF8.self)
    #expect(text.hasSuffix(#","tries":[]}"#) && !text.contains("complexity") && !text.contains("task"))
    var decision = DecisionRecord()
    decision.attempts = [
      .init(deployment: "d", endpoint: "e", reason: "first", result: nil, status: 0, microseconds: nil)
    ]
    let other = String(decoding: decision.text(with: Self.record("a")), as: UTF8.self)
    #expect(other.hasSuffix(#""tries":[{"reason":"first","deployment":"d","endpoint":"e","status":0}]}"#))
  }
}
