import Dialects
import Policy
import Testing

@Suite("What a peek reads")
struct PeekTests {
  @Test func chatBodyGivesAllFacts() throws {
    let body = #"""
      {"model": "chat-large", "stream": true, "stream_options": {"include_usage": true}, "n": 2,
       "max_tokens": 10, "max_completion_tokens": 20, "metadata": {"task_type": "code"},
       "tools": [{"type": "function"}, {}], "response_format": {"type": "json_schema", "json_schema": {}},
       "messages": [{"role": "system", "content": "é\n"},
         {"role": "user", "content": [{"type": "text", "text": "abc"},
           {"type": "image_url", "image_url": {"url": "data:,"}}]},
         {"role": "assistant", "content": null, "tool_calls": []}], "unknown": {"model": 1, "model": 2}}
      """#
    var expected = RequestFacts(surface: .chatCompletions)
    expected.model = "chat-large"
    expected.stream = true
    expected.includesUsage = true
    expected.maxOutputTokens = 20
    expected.choices = 2
    expected.messages = 3
    expected.textBytes = 6
    expected.images = 1
    expected.tools = 2
    expected.wantsJSON = true
    #expect(try facts(body) == expected)
  }

  @Test func theSessionIsNamedInOneOfFourPlaces() throws {
    let session = { (fields: String) in try facts(chat(fields)).session }
    let key = try session(#""prompt_cache_key":"s""#)
    #expect(key != nil)
    for fields in [
      #""user":"s""#, #""metadata":{"user_id":"s"}"#, #""metadata":{"session_id":"s","user_id":"x"}"#,
      #""user":"x","prompt_cache_key":"s""#, #""prompt_cache_key":"s","metadata":{"session_id":"x"}"#,
      #""user":"x","metadata":{"session_id":"s"}"#,
    ] {
      #expect(try session(fields) == key, "\(fields)")
    }
    #expect(try session(#""user":"t""#) != key)
    for fields in ["", #""user":"""#, #""user":7"#, #""metadata":{"session_id":null}"#] {
      #expect(try session(fields) == nil, "\(fields)")
    }
  }

  @Test func requestsThatBeginAlikeHaveTheSamePrefix() throws {
    func prefix(_ messages: [(String, String)]) throws -> UInt64? {
      let peek = Peek()
      peek.readsPrefix = true
      let list = messages.map { #"{"role":"\#($0.0)","content":"\#($0.1)"}"# }.joined(separator: ",")
      let body = PaddedBytes()
      Array(#"{"model":"m","messages":[\#(list)]}"#.utf8).withUnsafeBytes { body.append($0) }
      return try peek.request(body, surface: .chatCompletions).facts.prefix
    }
    let first = try prefix([("system", "Be kind."), ("user", "Hello")])
    #expect(first != nil)
    #expect(
      try prefix([
        ("system", "Be kind."), ("user", "Hello"), ("assistant", "Hi"), ("user", "Go on"),
      ]) == first, "the next turn")
    #expect(try prefix([("system", "Be kind."), ("user", "Good day")]) != first)
    #expect(try prefix([("system", "Be rude."), ("user", "Hello")]) != first)
    #expect(try prefix([("system", "Be kind.Hello"), ("user", "")]) != first)
    // Beyond 1,024 bytes nothing counts.
    let long = String(repeating: "x", count: 1_024)
    #expect(try prefix([("system", long + "a"), ("user", "b")]) == prefix([("system", long + "c")]))
    #expect(try prefix([("system", String(long.dropLast()) + "a")]) != prefix([("system", long)]))
    #expect(try facts(chat("")).prefix == nil, "nobody asked")
  }

  @Test func absentAndNullFieldsMeanTheirDefaults() throws {
    let nulls =
      #""stream":null,"stream_options":null,"max_tokens":null,"n":null,"tools":null,"#
      + #""response_format":null,"metadata":null"#
    #expect(try facts(chat(nulls)) == facts(chat("")))
    #expect(try facts(chat("")).model == nil)
  }

  @Test func escapedKeysAreTheKeysThatTheyName() throws {
    #expect(try facts(chat(#""mod\u0065l":"dear""#)).model == "dear")
    #expect(try facts(chat(#""\u0073tream" : true"#)).stream)
    #expect(try facts(chat(#""m\u0061x_tokens":7"#)).maxOutputTokens == 7)
  }

  @Test(arguments: [
    (#"{"prompt":"abcd"}"#, 1, 4), (#"{"prompt":["ab","c"]}"#, 2, 3), (#"{"prompt":[1,2,3]}"#, 1, 12),
    (#"{"prompt":[[1,2],[3]]}"#, 2, 12), (#"{"prompt":null}"#, 0, 0), ("{}", 0, 0),
  ])
  func promptsAreCounted(body: String, prompts: Int, bytes: Int) throws {
    let facts = try facts(body, .completions)
    #expect(facts.messages == prompts)
    #expect(facts.textBytes == bytes)
  }

  @Test(arguments: [
    (#"{"input":"abcd"}"#, 1, 4), (#"{"input":["ab","c"]}"#, 2, 3), (#"{"input":[1]}"#, 1, 4),
    (#"{"input":[[1,2],[3]],"stream":"not ours","n":"nor this"}"#, 2, 12),
  ])
  func inputsToEmbedAreCounted(body: String, inputs: Int, bytes: Int) throws {
    let facts = try facts(body, .embeddings)
    #expect(facts.messages == inputs)
    #expect(facts.textBytes == bytes)
  }

  @Test func wordsAndSyllablesOfThreeBytesAreCounted() throws {
    let facts = try facts(#"{"input":["こんにちは、世界","한 héllo 世 €"]}"#, .embeddings)
    #expect(facts.wideScalars == 10)
  }

  @Test func responsesBodyGivesItsFacts() throws {
    let body = #"""
      {"model":"m","instructions":"be","input":[{"role":"user","content":[{"type":"input_text","text":"abc"},
       {"type":"input_image","image_url":"data:,"}]},{"type":"function_call_output","output":"42"}],
       "max_output_tokens":9,"text":{"format":{"type":"json_object"}},"tools":[{}],"messages":3}
      """#
    let facts = try facts(body, .responses)
    #expect(facts.messages == 2)
    #expect(facts.textBytes == 7)
    #expect(facts.images == 1)
    #expect(facts.maxOutputTokens == 9)
    #expect(facts.wantsJSON)
    #expect(facts.tools == 1)
  }

  @Test func onePeekServesManyBodies() throws {
    let peek = Peek()
    for size in [1, 100, 6 << 20, 10] {
      let text = String(repeating: "x", count: size)
      let body = PaddedBytes(#"{"messages":[{"role":"user","content":"\#(text)"}]}"#.utf8)
      #expect(try peek.request(body, surface: .chatCompletions).facts.textBytes == size)
      #expect(throws: PeekError.self) {
        try peek.request(PaddedBytes("{\"a\":{\"b".utf8), surface: .chatCompletions)
      }
    }
  }
}
