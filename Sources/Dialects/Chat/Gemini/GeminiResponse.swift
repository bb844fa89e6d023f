/// A `GenerateContentResponse`: a whole answer, or one event of a streamed one, as both have one form.
struct GeminiResponse {
  /// What parts say, in their order; none is empty.
  enum Piece {
    case text(String)
    case thought(String)
    /// Of the call behind it, else of what stands before it; marked.
    case signature(String)
    case call(ToolCall)
  }

  struct Candidate {
    var index: Int
    var pieces: [Piece] = []
    /// Gemini's word; nil where it goes on.
    var finish: String?
    var logprobs: Logprobs?
  }

  var id: String?
  var model: String?
  var candidates: [Candidate] = []
  /// Why the prompt was blocked; nil where it wasn't.
  var blockReason: String?
  var usage: Usage?

  /// Throws for what can't be read, such as a call without a name. What nobody asked for, such as ratings, is passed over.
  init(_ root: SourcedValue, _ keys: KeySet) throws(PeekError) {
    var members = root.members(at: FieldPath(), keys)
    while let (key, value) = try members.next(keys) {
      if key == "candidates" {
        try readCandidates(value, keys)
      } else if key == "usageMetadata" {
        usage = Usage(gemini: value.value)
      } else if key == "promptFeedback" {
        blockReason = value.value["blockReason"]?.filledText
      } else if key == "responseId" {
        id = value.value.filledText
      } else if key == "modelVersion" {
        model = value.value.filledText
      }
    }
  }

  private mutating func readCandidates(_ value: SourcedValue, _ keys: KeySet) throws(PeekError) {
    var elements = value.elements
    while let element = elements.next() {
      let candidate = try Candidate(element, at: candidates.count, keys)
      candidates.append(candidate)
    }
  }
}

extension GeminiResponse.Candidate {
  /// `position`: among the candidates, where it doesn't say its own.
  fileprivate init(_ value: SourcedValue, at position: Int, _ keys: KeySet) throws(PeekError) {
    index = value.value["index"]?.int ?? position
    finish = value.value["finishReason"]?.filledText
    logprobs = value.value["logprobsResult"].flatMap { Logprobs(gemini: $0) }
    var members = value.members(at: FieldPath("candidates", position), keys)
    while let (key, value) = try members.next(keys) {
      if key == "content" { try readContent(value, keys) }
    }
  }

  private mutating func readContent(_ value: SourcedValue, _ keys: KeySet) throws(PeekError) {
    var members = value.members(at: FieldPath("content"), keys)
    while let (key, value) = try members.next(keys) {
      guard key == "parts" else { continue }
      var elements = value.elements
      while let element = elements.next() { try readPart(element, keys) }
    }
  }

  private mutating func readPart(_ value: SourcedValue, _ keys: KeySet) throws(PeekError) {
    let signature = value.value["thoughtSignature"]?.filledText.map(GeminiSignature.marked)
    let isThought = value.value["thought"]?.bool ?? false
    let isCall = value.value["functionCall"] != nil
    if isCall, let signature { pieces.append(.signature(signature)) }
    var members = value.members(at: FieldPath("parts"), keys)
    while let (key, value) = try members.next(keys) {
      if key == "text", let text = value.value.filledText {
        pieces.append(isThought ? .thought(text) : .text(text))
      } else if key == "functionCall" {
        let call = try Self.call(value, keys)
        pieces.append(.call(call))
      }
    }
    if !isCall, let signature { pieces.append(.signature(signature)) }
  }

  private static func call(_ value: SourcedValue, _ keys: KeySet) throws(PeekError) -> ToolCall {
    var call = ToolCall(id: "", name: "", arguments: JSONText("{}"))
    var members = value.members(at: FieldPath("functionCall"), keys)
    while let (key, value) = try members.next(keys) {
      if key == "id" {
        call.id = value.value.filledText ?? ""
      } else if key == "name" {
        call.name = value.value.filledText ?? ""
      } else if key == "args", !value.isNull {
        call.arguments = value.text
      }
    }
    guard !call.name.isEmpty else { throw .missing("functionCall.name") }
    return call
  }
}

extension Usage {
  /// `usageMetadata`; nil where it counts nothing. Its output leaves out what was thought, and its input what tools of Google's own read.
  init?(gemini object: JSONValue) {
    self.init()
    var (prompt, said, byTools) = (0, 0, 0)
    let countsPrompt = object["promptTokenCount"]?.takeCount(into: &prompt) ?? false
    let countsAnswer = object["candidatesTokenCount"]?.takeCount(into: &said) ?? false
    _ = object["toolUsePromptTokenCount"]?.takeCount(into: &byTools)
    _ = object["cachedContentTokenCount"]?.takeCount(into: &cached)
    _ = object["thoughtsTokenCount"]?.takeCount(into: &reasoning)
    guard countsPrompt || countsAnswer else { return nil }
    (input, output) = (prompt + byTools, said + reasoning)
  }
}

extension Logprobs {
  /// `logprobsResult`, which has the tokens that were drawn, and beside them those that could have been. Nil where there are none.
  init?(gemini value: JSONValue) {
    var tokens: [Token] = []
    var chosen = value["chosenCandidates"]?.elements
    var steps = value["topCandidates"]?.elements
    while let element = chosen?.next() {
      var token = Token(gemini: element)
      let step = steps?.next()
      var others = step?["candidates"]?.elements
      while let other = others?.next() { token.top.append(Token(gemini: other)) }
      tokens.append(token)
    }
    guard !tokens.isEmpty else { return nil }
    self.init(content: tokens)
  }
}

extension Logprobs.Token {
  fileprivate init(gemini value: JSONValue) {
    self.init(value["token"]?.string?.string ?? "", value["logProbability"]?.double ?? 0)
  }
}
