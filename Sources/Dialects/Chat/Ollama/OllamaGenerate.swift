/// Ollama's `/api/generate`, as a client asks: a chat of one turn. Providers are asked by `OllamaChat`.
package struct OllamaGenerate: ClientDialect {
  package let name = ChatDialectName.ollama

  package init() {}

  package func decodeRequest(_ body: PaddedBytes, with peek: Peek) throws(PeekError) -> ChatRequest {
    defer { peek.trim() }
    var reader = OllamaRequestReader(keys: peek.keys)
    try reader.readGenerate(try peek.root(of: body))
    return reader.request
  }

  package func encodeAnswer(_ answer: ChatAnswer, as form: AnswerForm, with peek: Peek) -> PaddedBytes {
    OllamaAnswerWriter.write(answer, as: form, for: .generate, with: peek)
  }

  package func makeStreamEncoder(as form: AnswerForm) -> any ChatStreamEncoder {
    OllamaStreamEncoder(form, for: .generate)
  }

  package func encodeError(_ error: ErrorBody, status: Int) -> PaddedBytes { error.ollama() }
}
