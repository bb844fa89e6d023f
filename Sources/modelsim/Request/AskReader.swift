import NIOCore

/// Reads an `Ask` from a request body in one strict pass; trees are built only for tools and schemas.
struct AskReader {
  private var ask = Ask()
  private var prompt = PromptCount()
  private var tools: Range<Int>?
  private var choice: Range<Int>?
  private var format: Range<Int>?
  private var input: Range<Int>?
  private var stop: Range<Int>?
  private var messages: Range<Int>?
  private var wrong: String?

  /// `keepsTexts`: the input's texts are wanted one by one. `model`: the one that the path names.
  static func read(_ body: ByteBuffer, keepsTexts: Bool = false, model: String = "") throws(Refusal) -> Ask {
    let result = body.withUnsafeReadableBytes { bytes in
      Result { () throws(Refusal) in
        var reader = AskReader()
        reader.ask.model = model
        var ask = try reader.read(bytes)
        if keepsTexts, let input = reader.input { ask.texts = reader.texts(bytes, input) }
        return ask
      }
    }
    return try result.get()
  }

  private mutating func read(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> Ask {
    do {
      var scanner = JSONScanner(bytes)
      try scanner.object { scanner, key throws(JSONError) in try member(key, &scanner) }
      try scanner.end()
      return try finished(bytes)
    } catch let error as JSONError {
      throw Refusal(
        message: "We could not parse the JSON body of your request: \(error.reason) at byte \(error.offset).")
    } catch let error as Refusal {
      throw error
    } catch {
      throw Refusal(message: "\(error)")
    }
  }

  private mutating func member(_ key: JSONScanner.Text, _ scanner: inout JSONScanner) throws(JSONError) {
    let name = key.range
    switch scanner.bytes[min(name.lowerBound, scanner.bytes.count - 1)] {
    case UInt8(ascii: "m"): try lettersFromM(name, &scanner)
    case UInt8(ascii: "s"): try stream(name, &scanner)
    case UInt8(ascii: "t"): try toolsOrText(name, &scanner)
    case UInt8(ascii: "r") where scanner.matches(name, "response_format"): format = try scanner.skip()
    case UInt8(ascii: "p") where scanner.matches(name, "prompt"): try prompt.add(&scanner)
    case UInt8(ascii: "p") where scanner.matches(name, "parallel_tool_calls"):
      ask.allowsSeveralCalls = try scanner.boolean() ?? true
    case UInt8(ascii: "i") where scanner.matches(name, "input"):
      _ = scanner.peek()
      let start = scanner.offset
      try prompt.add(&scanner)
      input = start..<scanner.offset
    case UInt8(ascii: "i") where scanner.matches(name, "instructions"): try prompt.add(&scanner)
    case UInt8(ascii: "n") where scanner.matches(name, "n"): ask.choices = try whole("n", &scanner) ?? 1
    case UInt8(ascii: "d") where scanner.matches(name, "dimensions"):
      ask.dimensions = try whole("dimensions", &scanner)
    case UInt8(ascii: "e") where scanner.matches(name, "encoding_format"):
      let value = try scanner.skip()
      ask.wantsBase64 = scanner.matches(value, "\"base64\"")
    default: try scanner.skip()
    }
  }

  private mutating func lettersFromM(_ name: Range<Int>, _ scanner: inout JSONScanner) throws(JSONError) {
    if scanner.matches(name, "model") {
      guard scanner.peek() == UInt8(ascii: "\"") else {
        wrong = "model"
        try scanner.skip()
        return
      }
      ask.model = scanner.decoded(try scanner.string())
    } else if scanner.matches(name, "messages") {
      if scanner.peek() != UInt8(ascii: "[") { wrong = "messages" }
      let start = scanner.offset
      try prompt.add(&scanner)
      messages = start..<scanner.offset
    } else if scanner.matches(name, "max_tokens") || scanner.matches(name, "max_completion_tokens")
      || scanner.matches(name, "max_output_tokens")
    {
      ask.maxTokens = try whole("max_tokens", &scanner)
    } else {
      try scanner.skip()
    }
  }

  private mutating func stream(_ name: Range<Int>, _ scanner: inout JSONScanner) throws(JSONError) {
    if scanner.matches(name, "stream") {
      let isNull = scanner.peek() == UInt8(ascii: "n")
      if let value = try scanner.boolean() {
        ask.isStream = value
      } else if !isNull {
        wrong = "stream"
      }
    } else if scanner.matches(name, "stream_options"), scanner.peek() == UInt8(ascii: "{") {
      try scanner.object { scanner, key throws(JSONError) in
        let isUsage = scanner.matches(key.range, "include_usage")
        let value = try scanner.boolean()
        if isUsage { ask.includesUsage = value ?? false }
      }
    } else if scanner.matches(name, "stop") {
      stop = try scanner.skip()
    } else {
      try scanner.skip()
    }
  }

  private mutating func toolsOrText(_ name: Range<Int>, _ scanner: inout JSONScanner) throws(JSONError) {
    let value = try scanner.skip()
    if scanner.matches(name, "tools") { tools = value }
    if scanner.matches(name, "tool_choice") { choice = value }
    if scanner.matches(name, "text") { format = value }
  }

  /// A whole number above zero; null is nil, anything else a complaint.
  private mutating func whole(_ name: String, _ scanner: inout JSONScanner) throws(JSONError) -> Int? {
    let isNull = scanner.peek() == UInt8(ascii: "n")
    let value = try scanner.integer()
    if !isNull, (value ?? 0) < 1 { wrong = name }
    return value
  }

  private func finished(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> Ask {
    if let wrong { throw Refusal(message: "Invalid value for '\(wrong)'.", parameter: wrong) }
    guard !ask.model.isEmpty else {
      throw Refusal(message: "you must provide a model parameter", parameter: "model")
    }
    guard ask.choices <= 128 else { throw Refusal(message: "Invalid value for 'n'.", parameter: "n") }
    guard prompt.isPresent else {
      throw Refusal(message: "Missing required parameter: 'messages', 'prompt' or 'input'.")
    }
    if let role = prompt.wrongRole {
      let name = String(decoding: bytes[role], as: UTF8.self)
      throw Refusal(
        message: "Invalid value: '\(name)'. Supported values are: 'system', 'assistant', 'user', 'function', "
          + "'tool', and 'developer'.", parameter: "messages.role")
    }
    if prompt.hasCalls, let messages { try ChatTurns.check(tree(bytes, messages)) }
    var ask = ask
    ask.take(prompt)
    if let tools { ask.offers = ToolChoice.offers(of: tree(bytes, tools)) }
    if let choice { ask.use = ToolChoice.use(of: tree(bytes, choice)) }
    if let stop {
      let value = tree(bytes, stop)
      ask.stops = (value.elements ?? [value]).compactMap(\.text).filter { !$0.isEmpty }
    }
    if let format { ask.format = ToolChoice.format(of: tree(bytes, format)) }
    return ask
  }

  /// The texts of an embeddings request's input; token numbers stand for themselves.
  private func texts(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> [String] {
    let value = tree(bytes, range)
    guard let elements = value.elements else { return [value.text ?? value.description] }
    if elements.contains(where: { $0.text != nil || $0.elements != nil }) {
      return elements.map { $0.text ?? $0.description }
    }
    return [value.description]
  }

  /// The tree of a part of the body that the pass has found sound.
  private func tree(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> JSONValue {
    (try? JSONValue(parsing: UnsafeRawBufferPointer(rebasing: bytes[range]))) ?? .null
  }
}
