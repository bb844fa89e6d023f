import Testing

@testable import Dialects

@Suite("Answers to inferences")
struct InferenceAnswerTests {
  private let peek = Peek()

  private func answer(_ text: String, header: String? = nil) -> InferenceAnswer? {
    peek.inferenceAnswer(PaddedBytes(text.utf8), header: header)
  }

  private static let full =
    #"{"model_name":"iris","model_version":"2","id":"r-1","parameters":{},"outputs":[{"name":"y","shape":[1],"datatype":"INT64","data":[2]},{"name":"z","shape":[0],"datatype":"FP32","data":[]}]}"#

  @Test func wholeAnswerIsRead() {
    let wanted = InferenceAnswer(id: "r-1", model: "iris", version: "2", outputs: 2)
    #expect(answer(Self.full) == wanted)
    #expect(answer(Self.full, header: "\(Self.full.utf8.count)") == wanted)
    #expect(answer(#"{"outputs":[],"error":null}"#) == InferenceAnswer())
  }

  @Test func everyCutIsNoAnswer() {
    let json = #"{"outputs":[{"name":"y","parameters":{"binary_data_size":3}}]}"#
    let text = json + "abc"
    let header = "\(json.utf8.count)"
    #expect(answer(text, header: header)?.outputs == 1)
    for length in 0..<text.utf8.count {
      #expect(
        answer(String(decoding: Array(text.utf8)[..<length], as: UTF8.self), header: header) == nil,
        "\(length)")
    }
    #expect(answer(text + "d", header: header) == nil)
    #expect(answer(text) == nil)
    for length in 0..<Self.full.utf8.count {
      #expect(answer(String(decoding: Array(Self.full.utf8)[..<length], as: UTF8.self)) == nil, "\(length)")
    }
  }

  @Test(arguments: [
    "[]", "{}", #"{"outputs":7}"#, #"{"error":"no"}"#, #"{"error":"no","outputs":[]}"#, "<html>",
    #"{"outputs":[{"parameters":{"binary_data_size":-1}}]}"#,
    #"{"outputs":[{"parameters":{"binary_data_size":9223372036854775807}}]}"#,
  ])
  func whatIsNoAnswerIsNone(text: String) {
    #expect(answer(text) == nil)
  }

  @Test(arguments: errors)
  func errorsAreRead(body: String, status: Int, kind: String, message: String) {
    let error = peek.inferenceError(PaddedBytes(body.utf8), status: status)
    #expect(error.kind.rawValue == kind)
    #expect(error.message == message)
  }

  @Test func errorsAreATextAlone() {
    let error = ErrorBody(PeekError(message: "say \"please\"", param: "inputs", code: "c"))
    #expect(InferenceReply.error(error).text == #"{"error":"say \"please\""}"#)
  }

  @Test func theRouterAnswersForItself() {
    #expect(
      InferenceReply.server(version: "1.2").text
        == #"{"name":"switchyard","version":"1.2","extensions":["binary_tensor_data"]}"#)
    #expect(InferenceReply.live().text == #"{"live":true}"#)
    #expect(InferenceReply.ready(false).text == #"{"ready":false}"#)
    #expect(InferenceReply.ready(model: "a\"b", true).text == #"{"name":"a\"b","ready":true}"#)
  }
}

/// Bodies of errors with their status, what they are, and what they say.
private let errors: [(String, Int, String, String)] = [
  (#"{"error":"no such input"}"#, 400, "invalid_request", "no such input"),
  (#"{"error":{"message":"m"}}"#, 404, "not_found", "m"), (#"{"detail":"d"}"#, 422, "invalid_request", "d"),
  ("<html>", 502, "server", ""), ("", 503, "overloaded", ""), ("[]", 500, "server", ""),
]
