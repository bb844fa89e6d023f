/// What a whole answer to a request for an inference says of itself.
package struct InferenceAnswer: Sendable, Equatable {
  /// The client's name for the request.
  package var id: String?
  /// As the provider calls it.
  package var model: String?
  package var version: String?
  /// Tensors that came.
  package var outputs = 0
}

extension Peek {
  /// Reads an answer that claims success; nil for what is none: an error, or one that is cut. `header`: the provider's
  /// `Inference-Header-Content-Length`.
  package func inferenceAnswer(_ body: PaddedBytes, header: String?) -> InferenceAnswer? {
    defer { trim() }
    guard let length = InferenceHeader.jsonLength(header, of: body.count),
      let root = try? parser.parse(json(of: body, length: length)), root["error"]?.isNull ?? true,
      let outputs = root["outputs"], outputs.isArray
    else { return nil }
    var answer = InferenceAnswer(
      id: root["id"]?.filledText, model: root["model_name"]?.filledText,
      version: root["model_version"]?.filledText)
    var (elements, tensorBytes) = (outputs.elements, 0)
    while let output = elements.next() {
      answer.outputs += 1
      let size = output["parameters"]?["binary_data_size"]?.int ?? 0
      guard (0...body.count).contains(size) else { return nil }
      tensorBytes += size
    }
    return tensorBytes == body.count - length ? answer : nil
  }

  /// Reads an answer that reports an error: `{"error": "text"}`, and what servers send in its place.
  package func inferenceError(_ body: PaddedBytes, status: Int) -> ChatError {
    defer { trim() }
    let kind = ChatError.Kind(status: status)
    guard let root = try? parser.parse(body) else { return ChatError(kind, "") }
    let said = root["error"] ?? root["detail"] ?? root["message"]
    return ChatError(kind, said?.filledText ?? said?["message"]?.filledText ?? "")
  }
}
