import Dialects
import Foundation
import Testing

@Suite("Requests to Gemini")
struct GeminiRequestTests {
  private let peek = Peek()
  private let dialect = GeminiChat()

  private func request(_ text: String) throws(PeekError) -> ChatRequest {
    try OpenAIChat().decodeRequest(PaddedBytes(text.utf8), with: peek)
  }

  /// What Gemini is sent of a request in OpenAI's dialect.
  private func sent(_ text: String) throws(PeekError) -> ProviderRequest {
    try dialect.encodeRequest(request(text), with: peek)
  }

  private func refusal(of request: ChatRequest) -> PeekError? {
    do {
      _ = try dialect.encodeRequest(request, with: peek)
      return nil
    } catch { return error }
  }

  /// The member of a body that the model and one message are in.
  private func written(_ members: String) throws -> (body: String, dropped: [String]) {
    let sent = try self.sent(#"{"model":"m","messages":[{"role":"user","content":"hi"}],\#(members)}"#)
    return (sent.body.text, sent.dropped.map(\.text))
  }

  private let hi = #"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]"#

  @Test func wholeRequestIsWritten() throws {
    let sent = try self.sent(
      #"{"model":"gemini-2.5-pro","messages":[{"role":"system","content":"be brief"},{"role":"developer","content":"be kind"},{"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]},{"role":"assistant","content":"well"},{"role":"user","content":"go \"on\""}],"temperature":0.5,"top_p":0.25,"top_k":40,"max_tokens":7,"stop":["a","b"],"n":2,"seed":-3,"presence_penalty":1,"frequency_penalty":-1,"logprobs":true,"top_logprobs":3,"response_format":{"type":"json_object"}}"#
    )
    let wanted = [
      #"{"contents":[{"role":"user","parts":[{"text":"look"},{"inlineData":{"mimeType":"image/png","data":"AA=="}}]},"#,
      #"{"role":"model","parts":[{"text":"well"}]},{"role":"user","parts":[{"text":"go \"on\""}]}],"#,
      #""systemInstruction":{"parts":[{"text":"be brief"},{"text":"be kind"}]},"#,
      #""generationConfig":{"temperature":0.5,"topP":0.25,"topK":40,"presencePenalty":1,"frequencyPenalty":-1,"seed":-3,"candidateCount":2,"maxOutputTokens":7,"stopSequences":["a","b"],"responseLogprobs":true,"logprobs":3,"responseMimeType":"application/json"}}"#,
    ]
    #expect(sent.body.text == wanted.joined())
    #expect(sent.path == "/models/gemini-2.5-pro:generateContent")
    #expect(sent.headers.isEmpty)
    #expect(sent.dropped.map(\.text) == ["developer at messages[1]"])
  }

  @Test func pathNamesModelAndWay() throws {
    let messages = #""messages":[{"role":"user","content":"hi"}]"#
    let sent = try self.sent(#"{"model":"a/b?c é","stream":true,\#(messages)}"#)
    #expect(sent.path == "/models/a%2Fb%3Fc%20%C3%A9:streamGenerateContent?alt=sse")
    let nameless = try request("{\(messages)}")
    #expect(refusal(of: nameless)?.param == "model")
  }

  // MARK: Turns

  private static let toolLoop =
    #"{"role":"user","content":"hi"},{"role":"assistant","content":"","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{ \"x\": 1.0}"}},{"id":"b","function":{"name":"f","arguments":""}}]},{"role":"tool","tool_call_id":"b","content":"two"},{"role":"tool","tool_call_id":"a","content":"{\"id\":9007199254740993}"}"#

  @Test func resultsOfATurnStandTogetherInTheOrderOfTheirCalls() throws {
    let sent = try self.sent(
      #"{"model":"gemini-2.5-pro","messages":[\#(Self.toolLoop),{"role":"user","content":"and?"}]}"#)
    let wanted = [
      #"{"role":"model","parts":[{"functionCall":{"id":"a","name":"f","args":{ "x": 1.0}}},{"functionCall":{"id":"b","name":"f","args":{}}}]},"#,
      #"{"role":"user","parts":[{"functionResponse":{"id":"a","name":"f","response":{"output":"{\"id\":9007199254740993}"}}},{"functionResponse":{"id":"b","name":"f","response":{"output":"two"}}}]},"#,
      #"{"role":"user","parts":[{"text":"and?"}]}]"#,
    ]
    #expect(sent.body.text.contains(wanted.joined()), "\(sent.body.text)")
    #expect(sent.dropped.isEmpty)
  }

  @Test func newerModelsAreToldThatACallIsUnsigned() throws {
    let mark = #""thoughtSignature":"skip_thought_signature_validator"}"#
    for (model, isTold) in [("gemini-2.0-flash", false), ("gemini-3-pro", true), ("mine", true)] {
      let body = try sent(#"{"model":"\#(model)","messages":[\#(Self.toolLoop)]}"#).body.text
      #expect(body.contains(mark) == isTold)
      // Of calls side by side, the first is signed.
      #expect(body.contains(#""args":{}}}]"#), "\(body)")
    }
  }

  private func assistant(_ parts: [ChatPart]) throws -> (body: String, dropped: [String]) {
    var request = ChatRequest(origin: .anthropic)
    request.model = "gemini-3-pro"
    request.messages = [ChatMessage(.user, [.text("hi")]), ChatMessage(.assistant, parts)]
    let sent = try dialect.encodeRequest(request, with: peek)
    return (sent.body.text, sent.dropped.map(\.text))
  }

  @Test func signaturesGoBackToWhatTheySign() throws {
    let thought = ChatPart(.thinking(Thinking(text: "hm", signature: "gemini:c2ln")))
    let call = ChatPart(.toolCall(ToolCall(id: "a", name: "f", arguments: JSONText("{}"))))
    let ofCall = try assistant([thought, .text("so"), call])
    #expect(
      ofCall.body.contains(
        #"[{"text":"so"},{"functionCall":{"id":"a","name":"f","args":{}},"thoughtSignature":"c2ln"}]"#))
    let ofText = try assistant([thought, .text("so"), .text("what")])
    #expect(ofText.body.contains(#"[{"text":"so"},{"text":"what","thoughtSignature":"c2ln"}]"#))
    #expect(ofCall.dropped.isEmpty && ofText.dropped.isEmpty)
  }

  @Test func signaturesOfOthersAreLeftOut() throws {
    let thoughts = [
      ChatPart(.thinking(Thinking(text: "hm", signature: "c2ln"))),
      ChatPart(.thinking(Thinking(text: "", redacted: "zz"))), ChatPart(.thinking(Thinking(text: "so"))),
    ]
    for thought in thoughts {
      let (body, dropped) = try assistant([thought, .text("x")])
      #expect(body.contains(#"{"role":"model","parts":[{"text":"x"}]}"#), "\(body)")
      #expect(dropped == ["former_thinking at messages[1]"])
    }
  }

  @Test func failuresAndImagesOfResultsAreTold() throws {
    let image = ChatPart(.image(ChatImage(.data(mediaType: "image/png", base64: "AA=="))))
    let call = ChatPart(.toolCall(ToolCall(id: "a", name: "f", arguments: JSONText("{}"))))
    var request = ChatRequest(origin: .anthropic)
    request.model = "gemini-2.5-pro"
    let result = ToolResult(callID: "a", parts: [.text("no"), image], isError: true)
    request.messages = [
      ChatMessage(.assistant, [call]), ChatMessage(.tool, [ChatPart(.toolResult(result))]),
      ChatMessage(.user, [.text("see")]),
    ]
    let sent = try dialect.encodeRequest(request, with: peek)
    #expect(
      sent.body.text.contains(
        #"{"functionResponse":{"id":"a","name":"f","response":{"error":"no"}}}]},{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"AA=="}},{"text":"see"}]}]"#
      ), "\(sent.body.text)")
    #expect(
      sent.dropped.map(\.text) == ["tool_error at messages[1]", "tool_result_image at messages[1]"])
  }

  @Test func aSystemAloneSpeaksAsTheUser() throws {
    let alone = try sent(#"{"model":"m","messages":[{"role":"system","content":"hi"}]}"#)
    #expect(alone.body.text == hi + #","generationConfig":{}}"#)
    #expect(alone.dropped.map(\.text) == ["system"])
    let late = try sent(
      #"{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"system","content":"now"}]}"#)
    #expect(late.body.text == hi + #","systemInstruction":{"parts":[{"text":"now"}]},"generationConfig":{}}"#)
    #expect(late.dropped.map(\.text) == ["system at messages[1]"])
  }

  @Test func addressesAreFiles() throws {
    let sent = try self.sent(
      #"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a.example/b.JPG?c=.png","detail":"low"}},{"type":"image_url","image_url":{"url":"gs://a/b","detail":"auto"}}]}]}"#
    )
    #expect(
      sent.body.text.contains(
        #"[{"fileData":{"mimeType":"image/jpeg","fileUri":"https://a.example/b.JPG?c=.png"}},{"fileData":{"fileUri":"gs://a/b"}}]"#
      ), "\(sent.body.text)")
    #expect(sent.dropped.map(\.text) == ["image_detail at messages[0]", "image_url at messages[0]"])
  }

  // MARK: Tools and formats

  @Test func schemasKeepTheirBytesAndWhatTheyLoseIsTold() throws {
    let schema =
      #"{ "type":"object" ,"properties":{"not":{"minLength":1,"title":"t"},"b":{"anyOf":[{"const":1.50}]}},"$defs":{"c":{"items":{"pattern":"x"}}},"x-mine":{"if":1} }"#
    let (body, dropped) = try written(
      #""tools":[{"function":{"name":"f","description":"d","strict":true,"parameters":\#(schema)}},{"function":{"name":"g"}}],"response_format":{"type":"json_schema","json_schema":{"schema":{"not":{}}}}"#
    )
    #expect(
      body.hasPrefix(
        hi
          + #","tools":[{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":\#(schema)},{"name":"g"}]}],"#
      ), "\(body)")
    #expect(body.contains(#""responseMimeType":"application/json","responseJsonSchema":{"not":{}}"#))
    #expect(
      dropped == [
        "strict_tools at tools[0]", "tools at tools[0] (const minLength pattern)", "json_schema at (not)",
      ])
  }

  @Test(arguments: toolChoices)
  func toolChoicesHaveWords(choice: String, config: String) throws {
    let body = try written(#""tools":[{"function":{"name":"f"}}],"tool_choice":\#(choice)"#).body
    #expect(
      body.contains(#""toolConfig":{"functionCallingConfig":\#(config)},"generationConfig""#), "\(body)")
  }

  @Test func toolsThatMayNotBeCalledAreNotSent() throws {
    let (body, dropped) = try written(
      #""tools":[{"function":{"name":"f"}},{"function":{"name":"g"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"function":{"name":"g"}}]}}"#
    )
    #expect(body.contains(#"[{"functionDeclarations":[{"name":"g"}]}]"#), "\(body)")
    #expect(dropped == ["allowed_tools"])
  }

  @Test(arguments: thoughts)
  func thoughtsHaveBudgets(members: String, config: String, dropped: [String]) throws {
    let written = try self.written(members)
    #expect(written.body.contains(#""thinkingConfig":\#(config)}}"#), "\(written.body)")
    #expect(written.dropped == dropped)
  }

  @Test func whatGeminiLacksIsTold() throws {
    let (body, dropped) = try written(
      #""seed":4294967297,"user":"u","metadata":{"a":"b"},"parallel_tool_calls":false,"service_tier":"flex""#)
    #expect(body.contains(#""seed":1"#))
    #expect(
      dropped == ["seed", "parallel_tool_calls", "user", "metadata", "other_members at service_tier"])
    #expect(
      try written(#""parallel_tool_calls":true,"stream_options":{"include_usage":true}"#).dropped.isEmpty)
  }

  @Test(arguments: refused)
  func whatCantBeCarriedIsRefused(members: String, param: String) throws {
    let request = try self.request(#"{"model":"m",\#(members)}"#)
    let error = try #require(refusal(of: request))
    #expect(error.param == param)
    #expect(error.code == "not_supported_by_provider")
  }

  @Test func randomRequestsAreWholeJSON() throws {
    var accepted = 0
    for seed in 0..<3_000 {
      var maker = ChatRequestMaker(seed: UInt64(seed))
      var request = try self.request(maker.make())
      request.model = "m"
      do {
        let body = try dialect.encodeRequest(request, with: peek).body.text
        let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        #expect(object?["contents"] is [Any], "seed \(seed): \(body)")
        accepted += 1
      } catch let error as PeekError {
        #expect(error.code == "not_supported_by_provider", "seed \(seed): \(error)")
      }
    }
    #expect(accepted > 100)
  }
}

/// Choices in OpenAI's words and in Gemini's.
private let toolChoices: [(String, String)] = [
  (#""auto""#, #"{"mode":"AUTO"}"#), (#""none""#, #"{"mode":"NONE"}"#), (#""required""#, #"{"mode":"ANY"}"#),
  (
    #"{"type":"function","function":{"name":"f"}}"#, #"{"mode":"ANY","allowedFunctionNames":["f"]}"#
  ),
  (
    #"{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"function":{"name":"f"}}]}}"#,
    #"{"mode":"ANY","allowedFunctionNames":["f"]}"#
  ),
]

/// Members that say how much to think, what Gemini is told, and what is lost.
private let thoughts: [(String, String, [String])] = [
  (#""reasoning_effort":"none""#, #"{"thinkingBudget":0}"#, []),
  (#""thinking":{"type":"disabled"}"#, #"{"thinkingBudget":0}"#, []),
  (#""reasoning_effort":"low""#, #"{"includeThoughts":true,"thinkingBudget":1024}"#, ["reasoning_effort"]),
  (#""reasoning_effort":"xhigh""#, #"{"includeThoughts":true,"thinkingBudget":24576}"#, ["reasoning_effort"]),
  (
    #""thinking":{"type":"enabled","budget_tokens":32000}"#,
    #"{"includeThoughts":true,"thinkingBudget":32000}"#, []
  ),
  (#""thinking":{"type":"adaptive"}"#, #"{"includeThoughts":true,"thinkingBudget":-1}"#, []),
]

/// Members of a request that Gemini can't be sent, and the field at fault.
private let refused: [(String, String)] = [
  (
    #""messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":"[1]"}}]}]"#,
    "messages[0]"
  ),
  (
    #""messages":[{"role":"user","content":"x"},{"role":"tool","tool_call_id":"a","content":"x"}]"#,
    "messages[1]"
  ),
  (
    #""messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]"#, "messages[0]"
  ),
  (
    #""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,raw"}}]}]"#,
    "messages[0]"
  ),
  (
    #""messages":[{"role":"user","content":"x"},{"role":"system","tool_calls":[{"id":"a","function":{"name":"f"}}]}]"#,
    "messages[1]"
  ),
  (#""messages":[{"role":"user","content":"x"}],"tools":[{"type":"web_search"}]"#, "tools[0]"),
  (#""messages":[{"role":"user","content":"x"}],"functions":[]"#, "functions"),
]
