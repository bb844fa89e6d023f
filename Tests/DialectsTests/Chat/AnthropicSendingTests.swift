import Dialects
import Testing

/// Requests of clients that speak OpenAI's dialect, as a provider of Anthropic's is sent them.
@Suite("OpenAI's requests to Anthropic")
struct AnthropicSendingTests {
  private let peek = Peek()
  private let translation = ChatTranslation(client: OpenAIChat(), provider: AnthropicChat())

  private func send(_ text: String) throws(PeekError) -> (text: String, dropped: [String]) {
    let sent = try translation.request(PaddedBytes(text.utf8), asksForUsage: true, with: peek)
    return (sent.body.text, sent.dropped.map(\.text))
  }

  /// What is sent behind the messages of a chat that has one, `members` and a limit.
  private func send(members: String, to model: String = "m") throws(PeekError) -> (
    text: String, dropped: [String]
  ) {
    let sent = try send(
      #"{"model":"\#(model)","max_tokens":4000,"messages":[{"role":"user","content":"hi"}],\#(members)}"#)
    let start = #"{"model":"\#(model)","max_tokens":4000,"messages":[{"role":"user","content":"hi"}]"#
    guard sent.text.hasPrefix(start) else { return sent }
    return (text: String(sent.text.dropFirst(start.count)), dropped: sent.dropped)
  }

  private func refusal(of text: String) -> PeekError? {
    do {
      _ = try send(text)
      return nil
    } catch { return error }
  }

  // MARK: Messages

  @Test func theSystemsMessagesStandInFront() throws {
    let sent = try send(
      #"{"model":"claude-sonnet-4-5","messages":[{"role":"system","content":"a"},{"role":"developer","content":"b"},{"role":"user","content":"hi"},{"role":"system","content":"c"}]}"#
    )
    #expect(
      sent.text
        == #"{"model":"claude-sonnet-4-5","max_tokens":32000,"system":[{"type":"text","text":"a"},{"type":"text","text":"b"},{"type":"text","text":"c"}],"messages":[{"role":"user","content":"hi"}]}"#
    )
    #expect(sent.dropped == ["max_tokens", "developer at messages[1]", "system at messages[3]"])
    let single = try send(
      #"{"max_tokens":5,"messages":[{"role":"system","content":"a"},{"role":"user","content":"hi"}]}"#)
    #expect(single.text == #"{"max_tokens":5,"system":"a","messages":[{"role":"user","content":"hi"}]}"#)
    #expect(single.dropped.isEmpty)
  }

  @Test func aToolLoopIsOneTurnOfTheUser() throws {
    let sent = try send(
      #"{"max_tokens":9,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"","tool_calls":[{"id":"functions.f:0","function":{"name":"f","arguments":"{ \"a\":1}"}},{"id":"b","function":{"name":"g","arguments":""}}]},{"role":"tool","tool_call_id":"functions.f:0","content":"1"},{"role":"tool","tool_call_id":"b","content":""},{"role":"user","content":[{"type":"text","text":"go"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}]}"#
    )
    let messages = [
      #"{"role":"user","content":"hi"}"#,
      #"{"role":"assistant","content":[{"type":"tool_use","id":"functions_f_0","name":"f","input":{ "a":1}},{"type":"tool_use","id":"b","name":"g","input":{}}]}"#,
      #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"functions_f_0","content":"1"},{"type":"tool_result","tool_use_id":"b"},{"type":"text","text":"go"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}]}"#,
    ]
    #expect(sent.text == #"{"max_tokens":9,"messages":[\#(messages.joined(separator: ","))]}"#)
    #expect(sent.dropped.isEmpty)
  }

  @Test func whatTheAPIHasNoWordsForIsToldOf() throws {
    let sent = try send(
      #"{"max_tokens":9,"messages":[{"role":"user","name":"ann","content":[{"type":"image_url","image_url":{"url":"https://a.example/b.png","detail":"low"}}]},{"role":"assistant","reasoning_content":"hm","content":"a","refusal":"no"},{"role":"user","content":""}],"seed":1,"frequency_penalty":0.5,"user":"u","metadata":{"k":"v"},"service_tier":"flex"}"#
    )
    let messages = [
      #"{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://a.example/b.png"}}]}"#,
      #"{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"text","text":"no"}]}"#,
    ]
    #expect(
      sent.text
        == #"{"max_tokens":9,"messages":[\#(messages.joined(separator: ","))],"metadata":{"user_id":"u"}}"#)
    #expect(
      sent.dropped == [
        "image_detail at messages[0]", "name at messages[0]", "former_thinking at messages[1]",
        "former_refusal at messages[1]", "metadata", "frequency_penalty", "seed",
        "other_members at service_tier",
      ])
  }

  @Test func signedThoughtsAndMarksAreSent() throws {
    let sent = try send(
      #"{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral","ttl":"1h"}}]},{"role":"assistant","content":"a","reasoning_content":"hm","thinking_blocks":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"}]}]}"#
    )
    let messages = [
      #"{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral","ttl":"1h"}}]}"#,
      #"{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"text","text":"a"}]}"#,
    ]
    #expect(sent.text == #"{"max_tokens":9,"messages":[\#(messages.joined(separator: ","))]}"#)
    #expect(sent.dropped.isEmpty)
  }

  // MARK: Tools and forms

  @Test(arguments: choices)
  func choicesOfToolsAreTranslated(members: String, choice: String) throws {
    let sent = try send(members: #""tools":[{"function":{"name":"f","strict":false}}]\#(members)"#)
    #expect(
      sent.text
        == #","tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}]\#(choice)}"#)
    #expect(sent.dropped.isEmpty)
  }

  @Test func onlyToolsThatAreAllowedAreSent() throws {
    let sent = try send(
      members:
        #""tools":[{"function":{"name":"f"}},{"function":{"name":"g","parameters":{ "type":"object"},"strict":true}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"function":{"name":"g"}}]}}"#
    )
    #expect(
      sent.text
        == #","tools":[{"name":"g","input_schema":{ "type":"object"},"strict":true}],"tool_choice":{"type":"any"}}"#
    )
    #expect(sent.dropped == ["allowed_tools"])
  }

  @Test func choicesAmongNothingAreNotSent() throws {
    #expect(try send(members: #""tool_choice":"auto","parallel_tool_calls":false"#).text == "}")
  }

  @Test func schemasAreSentAsTheyAre() throws {
    let sent = try send(
      members: #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{ "a":1.0}}}"#)
    #expect(sent.text == #","output_config":{"format":{"type":"json_schema","schema":{ "a":1.0}}}}"#)
    #expect(sent.dropped == ["json_schema_details"])
  }

  @Test func jsonIsTheInputOfATool() throws {
    let sent = try send(members: #""response_format":{"type":"json_object"},"reasoning_effort":"low""#)
    #expect(
      sent.text
        == #","tools":[{"name":"switchyard_json_answer","description":"Takes the whole answer, as one JSON object.","input_schema":{"type":"object"}}],"tool_choice":{"type":"tool","name":"switchyard_json_answer","disable_parallel_tool_use":true}}"#
    )
    #expect(sent.dropped == ["reasoning_effort", "json_object"])
  }

  // MARK: What models take

  @Test(arguments: takings)
  func modelsAreSentWhatTheyTake(model: String, members: String, rest: String, dropped: String) throws {
    let sent = try send(members: members, to: model)
    #expect(sent.text == rest + "}")
    #expect(sent.dropped.joined(separator: " ") == dropped)
  }

  @Test func olderModelsDontThinkOnBehindUnsignedCalls() throws {
    let call = #""tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]"#
    for (thoughts, thinks) in [
      ("", false), (#""thinking_blocks":[{"thinking":"hm","signature":"s"}],"#, true),
    ] {
      let sent = try send(
        #"{"model":"claude-sonnet-4-5","max_tokens":4000,"reasoning_effort":"low","messages":[{"role":"user","content":"hi"},{"role":"assistant",\#(thoughts)\#(call)},{"role":"tool","tool_call_id":"a","content":"1"}]}"#
      )
      #expect(sent.text.contains(#""budget_tokens":1024"#) == thinks)
      #expect(sent.dropped == ["reasoning_effort"])
    }
  }

  @Test func noBudgetIsTooLargeToBeCut() throws {
    let sent = try send(
      #"{"thinking":{"type":"enabled","budget_tokens":9223372036854775807},"messages":[{"role":"user","content":"hi"}]}"#
    )
    #expect(sent.text.contains(#""budget_tokens":1048575}"#))
    #expect(sent.text.contains(#""max_tokens":1056767,"#))
  }

  @Test func theLimitHasRoomForThoughts() throws {
    let sent = try send(
      #"{"model":"claude-sonnet-4-5","reasoning_effort":"medium","messages":[{"role":"user","content":"hi"}]}"#
    )
    #expect(sent.text.contains(#""max_tokens":36096,"#))
    let small = try send(
      #"{"model":"claude-sonnet-4-5","max_tokens":1024,"reasoning_effort":"low","messages":[{"role":"user","content":"hi"}]}"#
    )
    #expect(!small.text.contains("thinking"))
    #expect(small.dropped == ["reasoning_effort"])
  }

  // MARK: Refusals

  @Test(arguments: refused)
  func whatCantBeCarriedIsRefused(text: String, param: String) throws {
    let error = try #require(refusal(of: text))
    #expect(error.param == param)
    #expect(error.code == "not_supported_by_provider")
    #expect(error.message.hasSuffix("."))
  }

  @Test func membersOfAnthropicsThatMatterAreRefusedElsewhere() throws {
    let other = ChatTranslation(client: AnthropicChat(), provider: OpenAIChat())
    for member in [#""mcp_servers":[]"#, #""container":"c""#, #""inference_geo":"eu""#] {
      let body = PaddedBytes(#"{"messages":[{"role":"user","content":"hi"}],\#(member)}"#.utf8)
      #expect(throws: PeekError.self) { try other.request(body, asksForUsage: false, with: peek) }
    }
  }

  @Test func aToolLoopOfAnthropicsIsOneOfOpenAIs() throws {
    let other = ChatTranslation(client: AnthropicChat(), provider: OpenAIChat())
    let body = PaddedBytes(
      #"{"max_tokens":9,"system":"s","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"text","text":"so"},{"type":"tool_use","id":"toolu_1","name":"f","input":{ "a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"1"},{"type":"text","text":"go"}]}],"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any","disable_parallel_tool_use":true},"stop_sequences":["x"],"metadata":{"user_id":"u"},"stream":true}"#
        .utf8)
    let sent = try other.request(body, asksForUsage: true, with: peek)
    let messages = [
      #"{"role":"system","content":"s"}"#, #"{"role":"user","content":"hi"}"#,
      #"{"role":"assistant","content":"so","tool_calls":[{"id":"toolu_1","type":"function","function":{"name":"f","arguments":"{ \"a\":1}"}}]}"#,
      #"{"role":"tool","tool_call_id":"toolu_1","content":"1"}"#, #"{"role":"user","content":"go"}"#,
    ]
    let rest =
      #""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":"required","parallel_tool_calls":false,"max_completion_tokens":9,"stop":["x"],"stream":true,"stream_options":{"include_usage":true},"user":"u""#
    #expect(sent.body.text == #"{"messages":[\#(messages.joined(separator: ","))],\#(rest)}"#)
    #expect(sent.dropped.isEmpty)
  }
}

/// Members beside a tool, and what is sent behind the tools.
private let choices: [(String, String)] = [
  ("", ""), (#","parallel_tool_calls":true"#, ""),
  (#","parallel_tool_calls":false"#, #","tool_choice":{"type":"auto","disable_parallel_tool_use":true}"#),
  (#","tool_choice":"auto""#, #","tool_choice":{"type":"auto"}"#),
  (#","tool_choice":"none","parallel_tool_calls":false"#, #","tool_choice":{"type":"none"}"#),
  (
    #","tool_choice":"required","parallel_tool_calls":false"#,
    #","tool_choice":{"type":"any","disable_parallel_tool_use":true}"#
  ),
  (
    #","tool_choice":{"type":"function","function":{"name":"f"}}"#,
    #","tool_choice":{"type":"tool","name":"f"}"#
  ),
]

/// Models, what a client sends, what they are sent, and what is noted.
private let takings: [(String, String, String, String)] = [
  (
    "claude-opus-4-8", #""reasoning_effort":"high","temperature":0.5,"top_p":0.9,"top_k":5"#,
    #","thinking":{"type":"adaptive"},"output_config":{"effort":"high"}"#, "temperature top_p top_k"
  ),
  (
    "claude-mythos", #""reasoning_effort":"minimal","temperature":1,"top_p":1"#,
    #","thinking":{"type":"adaptive"},"output_config":{"effort":"low"}"#, "reasoning_effort"
  ),
  (
    "claude-opus-4-7", #""thinking":{"type":"enabled","budget_tokens":10000}"#,
    #","thinking":{"type":"adaptive"},"output_config":{"effort":"high"}"#, "reasoning_budget"
  ),
  ("claude-sonnet-5", #""reasoning_effort":"none""#, #","thinking":{"type":"disabled"}"#, ""),
  (
    "claude-opus-4-6", #""reasoning_effort":"high","temperature":0.5,"top_p":0.97,"top_k":5"#,
    #","thinking":{"type":"adaptive"},"output_config":{"effort":"high"},"top_p":0.97"#, "temperature top_k"
  ),
  (
    "claude-sonnet-4-6", #""temperature":1.5,"top_p":0.9,"top_k":5"#, #","temperature":1,"top_k":5"#,
    "temperature top_p"
  ),
  (
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0", #""reasoning_effort":"high""#,
    #","thinking":{"type":"enabled","budget_tokens":3999}"#, "reasoning_effort"
  ),
  (
    "claude-3-7-sonnet-20250219", #""thinking":{"type":"enabled","budget_tokens":2048}"#,
    #","thinking":{"type":"enabled","budget_tokens":2048}"#, ""
  ),
  ("claude-opus-4-20250514", #""top_p":0.5,"temperature":1"#, #","top_p":0.5"#, ""),
  ("glm-4.6", #""temperature":1"#, #","temperature":1"#, ""),
  ("glm-4.6", #""temperature":0.3,"top_p":0.9,"top_k":4"#, #","temperature":0.3,"top_p":0.9,"top_k":4"#, ""),
]

/// Bodies that can't be carried, and the field at fault.
private let refused: [(String, String)] = [
  (#"{"messages":[{"role":"user","content":"hi"}],"n":2}"#, "n"),
  (#"{"messages":[{"role":"user","content":"hi"}],"logprobs":true}"#, "logprobs"),
  (#"{"messages":[{"role":"user","content":"hi"}],"stop":["a","\n\n"]}"#, "stop"),
  (#"{"messages":[{"role":"system","content":"hi"}]}"#, "messages"),
  (#"{"messages":[{"role":"user","content":""}]}"#, "messages"),
  (#"{"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]}"#, "messages[0]"),
  (
    #"{"messages":[{"role":"system","content":[{"type":"image_url","image_url":{"url":"u"}}]}]}"#,
    "messages[0]"
  ),
  (
    #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{"}}]}]}"#,
    "messages[1]"
  ),
  (#"{"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"custom","custom":{}}]}"#, "tools[0]"),
  (
    #"{"messages":[{"role":"user","content":"hi"}],"tools":[{"function":{"name":"f"}}],"response_format":{"type":"json_object"}}"#,
    "response_format"
  ),
  (
    #"{"messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_schema","json_schema":{"name":"n"}}}"#,
    "response_format"
  ),
]
