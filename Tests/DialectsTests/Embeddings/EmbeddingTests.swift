import Dialects
import Policy
import Testing

@Suite("Embeddings between dialects")
struct EmbeddingTests {
  private let peek = Peek()
  private let form = AnswerForm(id: "x-1", created: 7, model: "public")

  private func translation(from client: EmbeddingSurface) throws -> EmbeddingTranslation {
    try #require(EmbeddingTranslation(from: client, to: client == .openai ? .ollama : .openai))
  }

  private func sent(
    _ text: String, from client: EmbeddingSurface
  ) throws -> (text: String, path: String, dropped: [String]) {
    let (request, _) = try translation(from: client).request(PaddedBytes(text.utf8), with: peek)
    return (request.body.text, request.path, request.dropped.map(\.text))
  }

  private func answer(
    _ text: String, _ status: Int = 200, to request: String, from client: EmbeddingSurface
  ) throws -> TranslatedAnswer? {
    let pair = try translation(from: client)
    let (_, asked) = try pair.request(PaddedBytes(request.utf8), with: peek)
    return Array(text.utf8).withUnsafeBytes {
      pair.answer($0, status: status, to: asked, as: form, with: peek)
    }
  }

  @Test func bytesOfOneDialectPass() {
    for client in EmbeddingSurface.allCases {
      #expect(EmbeddingTranslation(from: client, to: client.dialect) == nil)
      #expect(EmbeddingTranslation(from: client, to: .anthropic) == nil)
    }
  }

  // MARK: Requests

  @Test func clientsOfOpenAIAskOllama() throws {
    let (text, path, dropped) = try sent(
      #"{"model":"m","input":["é","b"],"dimensions":3,"encoding_format":"base64","user":"u","x":1}"#,
      from: .openai)
    #expect(text == #"{"model":"m","input":["é","b"],"dimensions":3,"truncate":false}"#)
    #expect(path == "/api/embed")
    #expect(dropped == ["user", "other_members at x"])
    #expect(try sent(#"{"input":"a"}"#, from: .openai).text == #"{"input":"a","truncate":false}"#)
  }

  @Test func clientsOfOllamaAskOpenAI() throws {
    let (text, path, dropped) = try sent(
      #"{"model":"m","input":["a","b"],"dimensions":0,"truncate":true,"keep_alive":"5m"}"#, from: .ollama)
    #expect(text == #"{"model":"m","input":["a","b"]}"#)
    #expect(path == "/embeddings")
    #expect(dropped == ["other_members at truncate", "other_members at keep_alive"])
    #expect(try sent(#"{"prompt":"a"}"#, from: .ollamaPrompt).text == #"{"input":"a"}"#)
  }

  @Test(arguments: unreadable)
  func whatCantBeReadIsNamed(text: String, client: EmbeddingSurface, param: String, code: String) throws {
    let error = #expect(throws: PeekError.self) { try sent(text, from: client) }
    #expect(error?.param == param)
    #expect(error?.code == code)
  }

  // MARK: Answers

  private let two = #"{"input":["a","b"]}"#

  @Test func numbersKeepTheirSpelling() throws {
    let ollama = #"{"model":"m","embeddings":[[0.10, -1e-3],[ 2 ]],"total_duration":5,"prompt_eval_count":4}"#
    let openAI = try #require(try answer(ollama, to: two, from: .openai))
    #expect(
      openAI.body.text
        == #"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10, -1e-3]},{"object":"embedding","index":1,"embedding":[ 2 ]}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}"#
    )
    #expect(openAI.facts.usage == Usage(input: 4))
    let back = try #require(try answer(openAI.body.text, to: two, from: .ollama))
    #expect(back.body.text == #"{"model":"m","embeddings":[[0.10, -1e-3],[ 2 ]],"prompt_eval_count":4}"#)
    #expect(back.facts.usage == Usage(input: 4))
  }

  @Test func vectorsComeInTheirOrder() throws {
    let openAI = #"{"data":[{"index":1,"embedding":[1]},{"index":0,"embedding":[0]}]}"#
    let translated = try #require(try answer(openAI, to: two, from: .ollama))
    #expect(translated.body.text == #"{"model":"public","embeddings":[[0],[1]]}"#)
    #expect(translated.facts.usage == nil)
  }

  @Test func theOlderAPIHasOneVector() throws {
    let openAI = #"{"data":[{"index":0,"embedding":[1,2]}],"usage":{"prompt_tokens":3}}"#
    let translated = try #require(try answer(openAI, to: #"{"prompt":"a"}"#, from: .ollamaPrompt))
    #expect(translated.body.text == #"{"embedding":[1,2]}"#)
    #expect(translated.facts.usage == Usage(input: 3))
  }

  /// Floats of 32 bits, least byte first, and their base64 by another program.
  @Test(arguments: [
    ("[]", ""), ("[1]", "AACAPw=="), ("[1, -2.5]", "AACAPwAAIMA="), ("[0.1,0.2,0.3]", "zczMPc3MTD6amZk+"),
    ("[0,1,2,3]", "AAAAAAAAgD8AAABAAABAQA=="),
  ])
  func floatsAreBase64WhereThatIsAskedFor(list: String, text: String) throws {
    let request = #"{"input":"a","encoding_format":"base64"}"#
    let translated = try #require(try answer(#"{"embeddings":[\#(list)]}"#, to: request, from: .openai))
    #expect(translated.body.text.contains(#""embedding":"\#(text)"}"#))
    #expect(
      translated.body.text.hasSuffix(#""model":"public","usage":{"prompt_tokens":0,"total_tokens":0}}"#))
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"embeddings":[]}"#, #"{"embeddings":[[1]]}"#, #"{"embeddings":[[1],[2],[3]]}"#,
    #"{"embeddings":[[1],"x"]}"#, #"{"embeddings":[[1],["x"]]}"#, #"{"embeddings":[[1],null]}"#,
    #"{"error":"x","embeddings":[[1],[2]]}"#, #"{"embeddings":[[1],[2]],"embeddings":[[1],[2]]}"#,
  ])
  func whatIsNoAnswerIsNone(text: String) throws {
    #expect(try answer(text, to: two, from: .openai) == nil)
  }

  @Test(arguments: [
    #"{"data":{}}"#, #"{"data":[{"embedding":[1]}]}"#, #"{"data":[{"embedding":[1]},{}]}"#,
    #"{"data":[{"embedding":[1]},{"embedding":"AACAPw=="}]}"#, #"{"data":[{"embedding":[1]},7]}"#,
  ])
  func whatIsNoAnswerOfOpenAIsIsNone(text: String) throws {
    #expect(try answer(text, to: two, from: .ollama) == nil)
  }

  @Test func errorsAreTheClients() throws {
    let ollama = try #require(
      try answer(#"{"error":"the input length exceeds the context length"}"#, 400, to: two, from: .openai))
    #expect(ollama.body.text.contains(#""code":"context_length_exceeded""#))
    #expect(ollama.body.text.hasPrefix(#"{"error":{"#))
    let openAI = try #require(
      try answer(#"{"error":{"code":"insufficient_quota","message":"org-1"}}"#, 429, to: two, from: .ollama))
    #expect(openAI.facts.complaint == .quotaSpent)
    #expect(openAI.body.text.hasPrefix(#"{"error":""#))
    #expect(!openAI.body.text.contains("org-1"))
  }
}

/// Bodies, who sends them, the field at fault, and the error's code.
private let unreadable: [(String, EmbeddingSurface, String, String)] = [
  ("{}", .openai, "input", "missing_required_parameter"),
  (#"{"input":[]}"#, .openai, "input", "missing_required_parameter"),
  (#"{"input":[[1,2]]}"#, .openai, "input[0]", "invalid_type"),
  (#"{"input":["a",7]}"#, .openai, "input[1]", "invalid_type"),
  (#"{"input":7}"#, .openai, "input", "invalid_type"),
  (#"{"input":"a","encoding_format":"int8"}"#, .openai, "encoding_format", "invalid_value"),
  (#"{"input":"a","dimensions":-1}"#, .openai, "dimensions", "invalid_value"),
  (#"{"input":"a","input":"b"}"#, .openai, "input", "duplicate_key"),
  (#"{"prompt":"a"}"#, .ollama, "input", "missing_required_parameter"),
  (#"{"input":"a"}"#, .ollamaPrompt, "prompt", "missing_required_parameter"),
  (#"{"prompt":["a"]}"#, .ollamaPrompt, "prompt", "invalid_type"),
]
