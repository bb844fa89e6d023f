/// Fields that say how the answer is made.
extension OllamaRequestReader {
  /// What stands before the names of options that only Ollama has, among the request's other members.
  static let optionPrefix = "options."

  mutating func readOptions(_ value: SourcedValue) throws(PeekError) {
    let path = FieldPath("options")
    try value.requireObject(path.text())
    var others: [RawMember] = []
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if try readSampling(key, value) { continue }
      if key == "stop" {
        request.stop = try stop(value)
      } else if key == "num_predict", try value.int(path.text("num_predict")) >= 0 {
        request.maxTokens = try value.count(path.text("num_predict"))
      } else {
        // A negative `num_predict` is no limit, or that of the context.
        others.append(RawMember(Self.optionPrefix + key.string, value.text))
      }
    }
    request.others.insert(contentsOf: others, at: 0)
  }

  private mutating func readSampling(_ key: JSONBytes, _ value: SourcedValue) throws(PeekError) -> Bool {
    if key == "temperature" {
      request.sampling.temperature = try value.number("options.temperature")
    } else if key == "top_p" {
      request.sampling.topP = try value.number("options.top_p")
    } else if key == "top_k" {
      request.sampling.topK = try value.int("options.top_k")
    } else if key == "frequency_penalty" {
      request.sampling.frequencyPenalty = try value.number("options.frequency_penalty")
    } else if key == "presence_penalty" {
      request.sampling.presencePenalty = try value.number("options.presence_penalty")
    } else if key == "seed" {
      request.sampling.seed = try value.int("options.seed")
    } else {
      return false
    }
    return true
  }

  private func stop(_ value: SourcedValue) throws(PeekError) -> [String] {
    try value.requireArray("options.stop")
    var elements = value.elements
    var texts: [String] = []
    while let element = elements.next() {
      let text = try element.string("options.stop[\(texts.count)]")
      texts.append(text)
    }
    return texts
  }

  /// `"json"`, or a schema; an empty text is nothing.
  func format(_ value: SourcedValue) throws(PeekError) -> ResponseFormat? {
    if value.value.isObject { return .schema(SchemaFormat(schema: value.text)) }
    let word = try value.string("format")
    guard !word.isEmpty else { return nil }
    guard word == "json" else { throw .invalid("format", "must be 'json' or a JSON schema") }
    return .json
  }

  /// Whether to think, or how much.
  func reasoning(_ value: SourcedValue) throws(PeekError) -> Reasoning {
    if let isOn = value.value.bool { return Reasoning(mode: isOn ? .enabled : .disabled) }
    let word = value.value.string?.string
    guard let level = word.flatMap(OllamaThinking.init(rawValue:)) else {
      throw .invalid("think", "must be true, false, 'low', 'medium', 'high' or 'max'")
    }
    return Reasoning(effort: level.effort)
  }
}

/// How much a model is to think, in Ollama's words.
enum OllamaThinking: String {
  case low, medium, high, max

  /// OpenAI's word for it.
  var effort: String { self == .max ? "xhigh" : rawValue }

  /// The nearest to what others call it; nil for what nobody knows.
  init?(effort: String) {
    switch effort {
    case "minimal": self = .low
    case "xhigh", "ultra": self = .max
    default:
      guard let known = OllamaThinking(rawValue: effort) else { return nil }
      self = known
    }
  }
}
