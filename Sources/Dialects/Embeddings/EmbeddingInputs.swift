/// The texts of a request for embeddings, which all dialects have alike but for tokens.
enum EmbeddingInputs {
  /// A text, or a list of them. Tokens mean something to one model alone, and who asks in another dialect knows none of its.
  static func texts(_ value: SourcedValue) throws(PeekError) -> [String] {
    if let text = value.value.string { return [text.string] }
    guard value.value.isArray else { throw wrongType("input", value) }
    var elements = value.elements
    var texts: [String] = []
    while let element = elements.next() {
      guard let text = element.value.string else { throw wrongType("input[\(texts.count)]", element) }
      texts.append(text.string)
    }
    return texts
  }

  private static func wrongType(_ name: String, _ value: SourcedValue) -> PeekError {
    .wrongType(
      name, expected: "text where the provider speaks another dialect (tokens mean nothing there)",
      found: value.value)
  }

  /// One text alone as a text.
  static func write(_ inputs: [String], in object: inout ObjectWriter) {
    let bytes = object.bytes
    object.key("input")
    if inputs.count == 1 {
      bytes.appendJSON(inputs[0])
    } else {
      bytes.appendList(inputs) { bytes.appendJSON($0) }
    }
  }
}
