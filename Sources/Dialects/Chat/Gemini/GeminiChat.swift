/// Google's Gemini API, as a provider is asked. No client of the router's speaks it.
///
/// After https://ai.google.dev/api/generate-content (`v1beta`, whose version ends the base URL) and
/// https://ai.google.dev/gemini-api/docs/thought-signatures.
package struct GeminiChat: ProviderDialect {
  package let name = ChatDialectName.gemini

  package init() {}

  package func encodeRequest(_ request: ChatRequest, with peek: Peek) throws(PeekError) -> ProviderRequest {
    guard let model = request.model else { throw .missing("model") }
    var writer = GeminiRequestWriter(request, peek)
    try writer.write()
    let method = request.stream ? "streamGenerateContent?alt=sse" : "generateContent"
    return ProviderRequest(
      body: writer.bytes, path: "/models/\(PathSegment.encoded(model)):\(method)", headers: [],
      dropped: writer.losses.dropped)
  }

  package func decodeAnswer(_ body: PaddedBytes, with peek: Peek) -> ChatAnswer? {
    defer { peek.trim() }
    guard let root = try? peek.root(of: body), let response = try? GeminiResponse(root, peek.keys) else {
      return nil
    }
    return ChatAnswer(gemini: response)
  }

  package func makeStreamDecoder() -> any ChatStreamDecoder { GeminiStreamDecoder() }

  package func decodeError(_ body: PaddedBytes, status: Int, with peek: Peek) -> ChatError {
    defer { peek.trim() }
    guard let root = try? peek.parser.parse(body) else { return ChatError(.init(status: status), "") }
    return ChatError(gemini: root, status: status)
  }
}
