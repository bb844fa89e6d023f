/// OpenAI's `/v1/embeddings`, as a client asks and as a provider is asked.
enum OpenAIEmbeddings {
  // MARK: As a client asks

  static func request(_ root: SourcedValue, _ keys: KeySet) throws(PeekError) -> EmbeddingRequest {
    var request = EmbeddingRequest(origin: .openai)
    var members = root.members(at: FieldPath(), keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "model" {
        request.model = try value.string("model")
      } else if key == "input" {
        request.inputs = try EmbeddingInputs.texts(value)
      } else if key == "dimensions" {
        request.dimensions = try value.count("dimensions")
      } else if key == "encoding_format" {
        request.encoding = try encoding(value)
      } else if key == "user" {
        request.user = try value.string("user")
      } else {
        request.others.append(RawMember(key.string, value.text))
      }
    }
    guard !request.inputs.isEmpty else { throw .missing("input") }
    return request
  }

  private static func encoding(_ value: SourcedValue) throws(PeekError) -> EmbeddingRequest.Encoding {
    guard let encoding = EmbeddingRequest.Encoding(rawValue: try value.string("encoding_format")) else {
      throw .invalid("encoding_format", "must be 'float' or 'base64'")
    }
    return encoding
  }

  static func write(_ answer: EmbeddingAnswer, as form: AnswerForm) -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 4 << 10)
    var object = ObjectWriter(bytes)
    object.constant("object", #""list""#)
    object.key("data")
    bytes.appendList(answer.vectors.enumerated()) { index, vector in
      var entry = ObjectWriter(bytes)
      entry.constant("object", #""embedding""#)
      entry.member("index", index)
      entry.member("embedding", vector)
      entry.end()
    }
    object.member("model", answer.model ?? form.model)
    // The API has it always.
    let input = answer.usage?.input ?? 0
    object.key("usage")
    var usage = ObjectWriter(bytes)
    usage.member("prompt_tokens", input)
    usage.member("total_tokens", input)
    usage.end()
    object.end()
    return bytes
  }

  // MARK: As a provider is asked

  static func write(_ request: EmbeddingRequest) throws(PeekError) -> ProviderRequest {
    var losses = Losses(to: .openai)
    let bytes = PaddedBytes(capacity: 1 << 10)
    var object = ObjectWriter(bytes)
    object.member("model", request.model)
    EmbeddingInputs.write(request.inputs, in: &object)
    object.member("dimensions", request.dimensions)
    object.end()
    for member in request.others { try losses.lose(.otherMembers, at: member.name) }
    return ProviderRequest(body: bytes, path: "/embeddings", headers: [], dropped: losses.dropped)
  }

  /// Nil where it is none.
  static func answer(
    _ root: SourcedValue, in encoding: EmbeddingRequest.Encoding, _ keys: KeySet
  ) -> EmbeddingAnswer? {
    guard root.value["error"]?.isNull != false,
      let vectors = try? Self.vectors(root, in: encoding, keys)
    else { return nil }
    return EmbeddingAnswer(
      model: root.value["model"]?.filledText, vectors: vectors,
      usage: root.value["usage"].flatMap { Usage($0) })
  }

  /// By their index, where they have one. What is no vector is left out, so that one is missing.
  private static func vectors(
    _ root: SourcedValue, in encoding: EmbeddingRequest.Encoding, _ keys: KeySet
  ) throws(PeekError) -> [JSONText] {
    var found: [(index: Int, vector: JSONText)] = []
    var members = root.members(at: FieldPath(), keys)
    while let (key, value) = try members.next(keys) {
      guard key == "data" else { continue }
      var elements = value.elements
      while let element = elements.next() {
        let index = element.value["index"]?.int ?? found.count
        if let vector = try Self.vector(element, in: encoding, keys) { found.append((index, vector)) }
      }
    }
    found.sort { $0.index < $1.index }
    return found.map(\.vector)
  }

  private static func vector(
    _ value: SourcedValue, in encoding: EmbeddingRequest.Encoding, _ keys: KeySet
  ) throws(PeekError) -> JSONText? {
    var vector: JSONText?
    var members = value.members(at: FieldPath("data"), keys)
    while let (key, value) = try members.next(keys) {
      if key == "embedding" { vector = EmbeddingVector.text(value, in: encoding) }
    }
    return vector
  }
}
