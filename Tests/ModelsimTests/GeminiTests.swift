import Testing

@testable import modelsim

private let user = #"{"role":"user","parts":[{"text":"x"}]}"#
private let called = #"{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]}"#
private let result = #"{"functionResponse":{"name":"f","response":{"result":"y"}}}"#

private func ask(_ contents: String, _ members: String = #""safetySettings":[]"#) -> String {
  post("/v1beta/models/m:generateContent", #"{"contents":[\#(contents)],\#(members)}"#)
}

private func tools(_ function: String) -> String {
  #""tools":[{"functionDeclarations":[{"name":"f",\#(function)}]}]"#
}

/// Contents, further members, and words of the refusal.
struct WrongContents: Sendable, CustomTestStringConvertible {
  var contents: String
  var members: String
  var words: String

  init(_ contents: String, _ words: String, _ members: String = #""safetySettings":[]"#) {
    (self.contents, self.members, self.words) = (contents, members, words)
  }

  var testDescription: String { words }
}

private let wrongs: [WrongContents] = [
  WrongContents("", "contents is not specified"),
  WrongContents(user, "Unknown name \"messages\": Cannot find field.", #""messages":[]"#),
  WrongContents(#"{"role":"user","content":"x"}"#, "Unknown name \"content\" at 'contents[0]'"),
  WrongContents(#"{"role":"assistant","parts":[{"text":"x"}]}"#, "Please use a valid role: user, model."),
  WrongContents(#"{"role":"user","parts":[]}"#, "contents[0].parts: contents.parts must not be empty"),
  WrongContents(#"{"role":"user","parts":[{}]}"#, "required oneof field 'data'"),
  WrongContents(#"{"role":"user","parts":[{"text":"x","inlineData":{}}]}"#, "is already set"),
  WrongContents(#"{"role":"user","parts":[{"inline_data":{"mime_type":"image/png","data":"?"}}]}"#, "Base64"),
  WrongContents(called, "immediately after a user turn"),
  WrongContents("\(user),\(called),\(user)", "number of function response parts is equal"),
  WrongContents(#"{"role":"user","parts":[\#(result)]}"#, "immediately after a function call turn"),
  WrongContents(
    #"\#(user),\#(called),{"role":"user","parts":[\#(result),\#(result)]}"#,
    "number of function response parts is equal"),
  WrongContents(
    #"\#(user),\#(called),{"role":"user","parts":[{"functionResponse":{"name":"f","response":"y"}}]}"#,
    "contents[2].parts[0].function_response.response"),
  WrongContents(
    user, "Unknown name \"additionalProperties\"",
    tools(#""parameters":{"type":"object","additionalProperties":false}"#)),
  WrongContents(
    user, "Proto field is not repeating",
    tools(#""parameters":{"type":"object","properties":{"a":{"type":["string","null"]}}}"#)),
  WrongContents(user, "only allowed when", #""generationConfig":{"responseSchema":{"type":"object"}}"#),
  WrongContents(user, "max_output_tokens must be at least 1", #""generationConfig":{"maxOutputTokens":0}"#),
  WrongContents(user, "temperature must be in the range", #""generationConfig":{"temperature":3}"#),
  WrongContents(
    user, "Unknown name \"max_tokens\" at 'generation_config'", #""generationConfig":{"max_tokens":3}"#),
]

@Suite struct GeminiTests {
  @Test(arguments: wrongs)
  func whatTheServiceRefusesIsRefused(wrong: WrongContents) async throws {
    try await withServer { server in
      let (status, answer) = try server.exchange(ask(wrong.contents, wrong.members))
      #expect(status == 400 && answer["error"]?["status"] == "INVALID_ARGUMENT")
      #expect(answer["error"]?["message"]?.text?.contains(wrong.words) == true, "\(answer)")
    }
  }

  @Test func bothSpellingsAndAnyJSONSchemaAreTaken() async throws {
    try await withServer { server in
      let schema =
        #"{"type":"object","additionalProperties":false,"properties":{"a":{"type":["string","null"]}}}"#
      let members =
        #""system_instruction":{"parts":[{"text":"s"}]},\#(tools(#""parametersJsonSchema":\#(schema)"#))"#
      let (status, answer) = try server.exchange(ask(user, members))
      let part = answer["candidates"]?.elements?.first?["content"]?["parts"]?.elements?.first
      #expect(status == 200 && part?["functionCall"]?["args"]?["a"] == "text", "\(answer)")
      #expect(answer["candidates"]?.elements?.first?["finishReason"] == "STOP")
      let capitals = tools(#""parameters":{"type":"OBJECT","properties":{"n":{"type":"INTEGER"}}}"#)
      let second = try server.exchange(ask(user, capitals)).body
      let call = second["candidates"]?.elements?.first?["content"]?["parts"]?.elements?.first
      #expect(call?["functionCall"]?["args"]?["n"]?.integer == 1)
    }
  }

  @Test func aToolLoopEndsInWords() async throws {
    try await withServer { server in
      let turns = #"\#(user),\#(called),{"role":"user","parts":[\#(result)]}"#
      let (status, answer) = try server.exchange(ask(turns, tools(#""description":"d""#)))
      #expect(status == 200, "\(answer)")
      let part = answer["candidates"]?.elements?.first?["content"]?["parts"]?.elements?.first
      #expect(part?["text"]?.text?.isEmpty == false)
    }
  }

  @Test func aStreamHasNoEndMarkAndCallsComeWhole() async throws {
    try await withServer { server in
      let order = #"{"role":"user","parts":[{"text":"[[sim:thinking=1,text=Yes,tool=get_weather]]"}]}"#
      let path = "/v1beta/models/m:streamGenerateContent?alt=sse"
      let lines = try server.lines(post(path, #"{"contents":[\#(order)]}"#))
      let chunks = try lines.map { try JSONValue(parsing: String($0.dropFirst(6))) }
      let candidates = chunks.compactMap { $0["candidates"]?.elements?.first }
      #expect(candidates.map { $0["finishReason"]?.text ?? "" } == ["", "", "", "STOP"])
      let parts = candidates.compactMap { $0["content"]?["parts"]?.elements?.first }
      #expect(parts[0]["thought"] == .bool(true) && parts[1]["text"] == "Yes")
      #expect(parts[2]["functionCall"]?["name"] == "get_weather" && parts[2]["thoughtSignature"] != nil)
      let usage = chunks.last?["usageMetadata"]
      #expect(usage?["thoughtsTokenCount"]?.integer == 1 && usage?["candidatesTokenCount"]?.integer == 2)
    }
  }

  @Test func candidatesLimitsAndSchemasAreHeeded() async throws {
    try await withServer { server in
      let two = #""generationConfig":{"candidateCount":2,"maxOutputTokens":3}"#
      let answer = try server.exchange(ask(user, two)).body
      #expect(
        answer["candidates"]?.elements?.compactMap { $0["finishReason"]?.text } == [
          "MAX_TOKENS", "MAX_TOKENS",
        ])
      #expect(answer["usageMetadata"]?["candidatesTokenCount"]?.integer == 6)
      let format =
        #""generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"INTEGER"}}"#
      let shaped = try server.exchange(ask(user, format)).body
      let part = shaped["candidates"]?.elements?.first?["content"]?["parts"]?.elements?.first
      #expect(part?["text"] == "1")
    }
  }
}
