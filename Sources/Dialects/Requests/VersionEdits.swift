package import Policy

/// What one version of a model changes in requests: made once, used for each of them.
package struct VersionEdits: Sendable {
  /// A member that the version writes.
  struct Parameter: Sendable {
    /// The key to write, and others that mean the same on this surface.
    var keys: [[UInt8]]
    var value: [UInt8]
    /// Key and value.
    var member: [UInt8]
  }

  /// A prompt in each of the forms that it is written in.
  struct Prompt: Sendable {
    /// As a text, without quotes.
    var inner: [UInt8]
    /// As the beginning of a text: with an empty line behind it.
    var opening: [UInt8]
    /// With quotes.
    var quoted: [UInt8]
    /// As the first of several messages.
    var message: [UInt8]
    /// As a part of a message.
    var part: [UInt8]
    var bytes: Int
    var wideScalars: Int
  }

  let prompt: Prompt?
  private let parameters: [Surface: [Parameter]]
  private let outputLimit: Int?
  private let wantsJSON: [Surface: Bool]

  /// `parameters` and `prompt` of a bundle: the rules of bundles hold for them.
  package init(parameters: [String: JSONLiteral], prompt: String?) {
    self.prompt = prompt.map(Prompt.init)
    self.parameters = Dictionary(
      uniqueKeysWithValues: Surface.allCases.map { surface in
        (
          surface,
          parameters.sorted { $0.key < $1.key }.compactMap { Parameter($0.key, $0.value, on: surface) }
        )
      })
    let limit = BundleRule.outputLimits.compactMap { parameters[$0] }.first
    if case .number(let number)? = limit, let count = number.int, count >= 0 {
      outputLimit = count
    } else {
      outputLimit = nil
    }
    var wantsJSON: [Surface: Bool] = [:]
    wantsJSON[.chatCompletions] = parameters["response_format"]?.asksForJSON
    wantsJSON[.responses] = parameters["text"].flatMap { $0["format"]?.asksForJSON }
    self.wantsJSON = wantsJSON
  }

  func parameters(on surface: Surface) -> [Parameter] { parameters[surface] ?? [] }

  /// What routing and limits need to know of a request once it is changed.
  package func facts(of request: PeekedRequest) -> RequestFacts {
    var facts = request.facts
    if facts.surface.asksForText, !facts.surface.streamsLines, let outputLimit {
      facts.maxOutputTokens = outputLimit
    }
    if let wantsJSON = wantsJSON[facts.surface] { facts.wantsJSON = wantsJSON }
    guard let prompt, request.takesPrompt else { return facts }
    let isInOne = facts.surface == .completions || facts.surface == .ollamaGenerate
    if !isInOne || facts.messages == 0 { facts.messages += 1 }
    facts.textBytes += prompt.bytes
    facts.wideScalars += prompt.wideScalars
    return facts
  }
}

extension PeekedRequest {
  /// A version's prompt can be put in front. It can't where there is nothing to put it: before what is to be embedded, and before
  /// prompts of completions that are a list.
  package var takesPrompt: Bool { !facts.surface.embeds && !cuts.promptIsList }
}

extension VersionEdits.Parameter {
  /// Nil where the API has no such member, but another for the same purpose.
  fileprivate init?(_ name: String, _ value: JSONLiteral, on surface: Surface) {
    let names = Self.names(of: name, on: surface)
    guard let first = names.first else { return nil }
    keys = names.map { Array($0.utf8) }
    self.value = Array(value.text.utf8)
    member = Array("\"\(first)\":".utf8) + self.value
  }

  /// What Anthropic's API has under the same name, in the same form; anything else it would refuse.
  private static let anthropic: Set<String> = ["temperature", "top_p", "top_k"]

  /// Parameters are in OpenAI's words. Of a request in another dialect those are written that mean the same there.
  private static func names(of name: String, on surface: Surface) -> [String] {
    switch surface.dialect {
    case .openai, .gemini: break
    case .anthropic where surface == .messages && BundleRule.outputLimits.contains(name):
      return ["max_tokens"]
    case .anthropic: return surface == .messages && anthropic.contains(name) ? [name] : []
    case .ollama: return []
    }
    guard BundleRule.outputLimits.contains(name) else {
      let field = Field.allCases.first { "\($0.name)" == name }
      return field?.belongs(to: surface) ?? true ? [name] : []
    }
    switch surface {
    // The client's spelling stays: providers refuse both at once.
    case .chatCompletions:
      return name == "max_tokens"
        ? ["max_tokens", "max_completion_tokens"] : ["max_completion_tokens", "max_tokens"]
    case .completions: return ["max_tokens"]
    case .responses: return ["max_output_tokens"]
    case .embeddings, .messages, .countTokens, .ollamaChat, .ollamaGenerate, .ollamaEmbed: return []
    }
  }
}

extension VersionEdits.Prompt {
  fileprivate init(_ text: String) {
    let quoted = Array(JSONLiteral.string(text).text.utf8)
    self.quoted = quoted
    inner = Array(quoted.dropFirst().dropLast())
    opening = inner + Array(#"\n\n"#.utf8)
    message = Array(#"{"role":"system","content":"#.utf8) + quoted + Array("},".utf8)
    part = Array(#"{"type":"text","text":"#.utf8) + quoted + Array("}".utf8)
    bytes = text.utf8.count
    wideScalars = text.utf8.count { 0xe3...0xed ~= $0 }
  }
}

extension JSONLiteral {
  fileprivate subscript(name: String) -> JSONLiteral? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The `type` of a format.
  fileprivate var asksForJSON: Bool {
    guard case .string(let type)? = self["type"] else { return false }
    return type == "json_object" || type == "json_schema"
  }
}
