/// Ollama's `/api/embed` and `/api/embeddings`, as a client asks, and the first as a provider is asked.
enum OllamaEmbeddings {
  // MARK: As a client asks

  static func request(
    _ root: SourcedValue, for surface: EmbeddingSurface, _ keys: KeySet
  ) throws(PeekError) -> EmbeddingRequest {
    var request = EmbeddingRequest(origin: .ollama)
    let isOlder = surface == .ollamaPrompt
    var members = root.members(at: FieldPath(), keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "model" {
        request.model = try value.string("model")
      } else if key == "prompt", isOlder {
        request.inputs = [try value.string("prompt")]
      } else if key == "input", !isOlder {
        request.inputs = try EmbeddingInputs.texts(value)
      } else if key == "dimensions" {
        // 0 is what clients send that want none.
        let count = try value.count("dimensions")
        request.dimensions = count > 0 ? count : nil
      } else {
        request.others.append(RawMember(key.string, value.text))
      }
    }
    guard !request.inputs.isEmpty else { throw .missing(isOlder ? "prompt" : "input") }
    return request
  }

  static func write(
    _ answer: EmbeddingAnswer, as form: AnswerForm, for surface: EmbeddingSurface
  ) -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 4 << 10)
    var object = ObjectWriter(bytes)
    if surface == .ollamaPrompt {
      object.member("embedding", answer.vectors.first)
    } else {
      object.member("model", answer.model ?? form.model)
      object.key("embeddings")
      bytes.appendList(answer.vectors) { bytes.append($0) }
      object.member("prompt_eval_count", answer.usage?.input)
    }
    object.end()
    return bytes
  }

  // MARK: As a provider is asked

  static func write(_ request: EmbeddingRequest) throws(PeekError) -> ProviderRequest {
    var losses = Losses(to: .ollama)
    let bytes = PaddedBytes(capacity: 1 << 10)
    var object = ObjectWriter(bytes)
    object.member("model", request.model)
    EmbeddingInputs.write(request.inputs, in: &object)
    object.member("dimensions", request.dimensions)
    // What is too long is an error everywhere else.
    object.constant("truncate", "false")
    object.end()
    if request.user != nil { try losses.lose(.user) }
    for member in request.others { try losses.lose(.otherMembers, at: member.name) }
    return ProviderRequest(body: bytes, path: "/api/embed", headers: [], dropped: losses.dropped)
  }

  /// Nil where it is none.
  static func answer(
    _ root: SourcedValue, in encoding: EmbeddingRequest.Encoding, _ keys: KeySet
  ) -> EmbeddingAnswer? {
    guard root.value["error"]?.isNull != false,
      let vectors = try? Self.vectors(root, in: encoding, keys)
    else { return nil }
    var usage = Usage()
    let isCounted = root.value["prompt_eval_count"]?.takeCount(into: &usage.input) ?? false
    return EmbeddingAnswer(
      model: root.value["model"]?.filledText, vectors: vectors, usage: isCounted ? usage : nil)
  }

  /// What is no vector is left out, so that one is missing.
  private static func vectors(
    _ root: SourcedValue, in encoding: EmbeddingRequest.Encoding, _ keys: KeySet
  ) throws(PeekError) -> [JSONText] {
    var vectors: [JSONText] = []
    var members = root.members(at: FieldPath(), keys)
    while let (key, value) = try members.next(keys) {
      guard key == "embeddings" else { continue }
      var elements = value.elements
      while let element = elements.next() {
        if let vector = EmbeddingVector.text(element, in: encoding) { vectors.append(vector) }
      }
    }
    return vectors
  }
}
