internal import Policy

/// A top-level field that the router reads.
enum Field: CaseIterable, Sendable {
  case model, stream, streamOptions, metadata
  case maxTokens, maxCompletionTokens, maxOutputTokens, choices
  case messages, prompt, input, instructions
  case tools, responseFormat, text
  case user, promptCacheKey
  // Anthropic's and Ollama's.
  case system, format, options, images, outputFormat, outputConfig

  /// The key in the body.
  var name: StaticString {
    switch self {
    case .model: "model"
    case .stream: "stream"
    case .streamOptions: "stream_options"
    case .metadata: "metadata"
    case .maxTokens: "max_tokens"
    case .maxCompletionTokens: "max_completion_tokens"
    case .maxOutputTokens: "max_output_tokens"
    case .choices: "n"
    case .messages: "messages"
    case .prompt: "prompt"
    case .input: "input"
    case .instructions: "instructions"
    case .tools: "tools"
    case .responseFormat: "response_format"
    case .text: "text"
    case .user: "user"
    case .promptCacheKey: "prompt_cache_key"
    case .system: "system"
    case .format: "format"
    case .options: "options"
    case .images: "images"
    case .outputFormat: "output_format"
    case .outputConfig: "output_config"
    }
  }

  /// Whether requests of this kind have the field; elsewhere it is a stranger and passes untouched.
  func belongs(to surface: Surface) -> Bool {
    switch surface.dialect {
    case .openai: belongsToOpenAI(surface)
    case .anthropic: belongsToAnthropic(surface)
    case .ollama: belongsToOllama(surface)
    case .gemini: false
    }
  }

  private func belongsToAnthropic(_ surface: Surface) -> Bool {
    switch self {
    case .model, .metadata, .messages, .system, .tools, .outputFormat, .outputConfig: true
    case .stream, .maxTokens: surface == .messages
    default: false
    }
  }

  private func belongsToOllama(_ surface: Surface) -> Bool {
    switch self {
    case .model, .metadata, .options: true
    case .stream, .format: surface != .ollamaEmbed
    case .messages, .tools: surface == .ollamaChat
    case .prompt, .system, .images: surface == .ollamaGenerate
    case .input: surface == .ollamaEmbed
    default: false
    }
  }

  private func belongsToOpenAI(_ surface: Surface) -> Bool {
    switch (self, surface) {
    case (.model, _), (.metadata, _), (.user, _): true
    case (.input, .embeddings): true
    case (_, .embeddings): false
    case (.stream, _), (.streamOptions, _), (.promptCacheKey, _): true
    case (.maxTokens, _), (.maxCompletionTokens, _), (.maxOutputTokens, _): true
    case (.choices, .chatCompletions), (.choices, .completions): true
    case (.messages, .chatCompletions), (.responseFormat, .chatCompletions): true
    case (.tools, .chatCompletions), (.tools, .responses): true
    case (.prompt, .completions): true
    case (.input, .responses), (.instructions, .responses), (.text, .responses): true
    default: false
    }
  }
}

extension Field {
  /// The field with exactly this unescaped key.
  init?(_ key: JSONBytes, on surface: Surface) {
    guard let field = Self.ofLength(key.count, key), field.belongs(to: surface) else { return nil }
    self = field
  }

  /// The field that `key` would be to a provider that ignores case in keys, as Go's JSON package does.
  static func ignoringCase(_ key: JSONBytes, on surface: Surface) -> Field? {
    guard key.buffer.contains(where: { 0x41...0x5a ~= $0 }) else { return nil }
    return allCases.first { field in
      field.belongs(to: surface) && key.count == field.name.utf8CodeUnitCount
        && (0..<key.count).allSatisfy { key.start[$0] | 0x20 == field.name.utf8Start[$0] | 0x20 }
    }
  }

  private static func ofLength(_ count: Int, _ key: JSONBytes) -> Field? {
    switch count {
    case 1: first(key, .choices)
    case 4: first(key, .text, .user)
    case 5: first(key, .model, .tools, .input)
    case 6: first(key, .stream, .prompt, .system) ?? first(key, .format, .images)
    case 7: first(key, .options)
    case 8: first(key, .messages, .metadata)
    case 10: first(key, .maxTokens)
    case 12: first(key, .instructions)
    case 13: first(key, .outputFormat, .outputConfig)
    case 14: first(key, .streamOptions)
    case 15: first(key, .responseFormat)
    case 16: first(key, .promptCacheKey)
    case 17: first(key, .maxOutputTokens)
    case 21: first(key, .maxCompletionTokens)
    default: nil
    }
  }

  @inline(__always)
  private static func first(_ key: JSONBytes, _ one: Field, _ two: Field? = nil, _ three: Field? = nil)
    -> Field?
  {
    if key == one.name { return one }
    if let two, key == two.name { return two }
    if let three, key == three.name { return three }
    return nil
  }
}
