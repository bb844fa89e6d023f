internal import Policy

/// What the model is to read: messages, prompts, inputs, and what belongs to them.
extension RequestReader {
  mutating func readMessages(_ value: JSONValue) throws(PeekError) {
    guard value.isArray else {
      throw .wrongType("messages", expected: "an array of messages", found: value)
    }
    var messages = value.elements
    while let message = messages.next() {
      try readMessage(message, at: FieldPath("messages", facts.messages))
      facts.messages += 1
    }
    guard facts.messages > 0 else { throw .invalid("messages", "must hold at least one message") }
  }

  private mutating func readMessage(_ message: JSONValue, at path: FieldPath) throws(PeekError) {
    guard message.isObject else { throw .wrongType(path.text(), expected: "an object", found: message) }
    var members = DistinctMembers(message, at: path, keys: keys)
    var (hasRole, isUsers) = (false, false)
    while let (key, value) = try members.next(keys) {
      if key == "role" {
        guard let role = value.string else {
          throw .wrongType(path.text("role"), expected: "a string", found: value)
        }
        (hasRole, isUsers) = (true, role == "user")
      } else if key == "content" {
        try readParts(value, of: "content", at: path)
      } else if key == "images", facts.surface == .ollamaChat {
        countImages(value)
      }
    }
    guard hasRole else { throw .missing(path.text("role")) }
    endTurn(isUsers: isUsers)
  }

  private mutating func count(_ text: JSONBytes) {
    facts.textBytes += text.count
    facts.wideScalars += text.wideScalars
    beginning?.add(text)
    turns?.add(text)
  }

  private mutating func endTurn(isUsers: Bool) {
    if isUsers { beginning?.end() }
    turns?.end(isUsers: isUsers)
  }

  /// A string, a list of parts, or null.
  private mutating func readParts(
    _ value: JSONValue, of name: StaticString, at path: FieldPath
  ) throws(PeekError) {
    if let text = value.string {
      count(text)
      return
    }
    guard value.isArray || value.isNull else {
      throw .wrongType(path.text("\(name)"), expected: "a string, an array of parts or null", found: value)
    }
    var parts = value.elements
    var number = 0
    while let part = parts.next() {
      try readPart(part, at: path.part(number, of: name))
      number += 1
    }
  }

  private mutating func readPart(_ part: JSONValue, at path: FieldPath) throws(PeekError) {
    guard part.isObject else { throw .wrongType(path.text(), expected: "an object", found: part) }
    var members = DistinctMembers(part, at: path, keys: keys)
    while let (key, value) = try members.next(keys) {
      if key == "type" {
        guard let type = value.string else {
          throw .wrongType(path.text("type"), expected: "a string", found: value)
        }
        if type == "image_url" || type == "input_image"
          || type == "image" && facts.surface.dialect == .anthropic
        {
          facts.images += 1
        }
      } else if key == "text" {
        guard let text = value.string else {
          throw .wrongType(path.text("text"), expected: "a string", found: value)
        }
        count(text)
      } else if key == "content", facts.surface.dialect == .anthropic {
        try readResult(value, at: path)
      }
    }
  }

  /// What a tool has answered, a text or a list of parts, which stands in a part. Nothing stands deeper: depth is bounded all the same.
  private mutating func readResult(_ value: JSONValue, at path: FieldPath) throws(PeekError) {
    if let text = value.string { return count(text) }
    var parts = value.elements
    while let part = parts.next() {
      try readPart(part, at: path)
    }
  }

  /// Images that stand in a list of their own, as Ollama has it.
  mutating func countImages(_ value: JSONValue) {
    var images = value.elements
    while images.next() != nil { facts.images += 1 }
  }

  /// `system`: a text, or a list of parts.
  mutating func readSystem(_ value: JSONValue) throws(PeekError) {
    if let text = value.string {
      count(text)
    } else {
      guard value.isArray || value.isNull else {
        throw .wrongType("system", expected: "a string, an array of parts or null", found: value)
      }
      var (parts, number) = (value.elements, 0)
      while let part = parts.next() {
        try readPart(part, at: FieldPath("system", number))
        number += 1
      }
    }
    turns?.end(isUsers: false)
  }

  /// The `input` of a response: a string or a list of items.
  mutating func readItems(_ value: JSONValue) throws(PeekError) {
    if let text = value.string {
      count(text)
      turns?.end(isUsers: true)
      facts.messages = 1
      return
    }
    guard value.isArray || value.isNull else {
      throw .wrongType("input", expected: "a string or an array of items", found: value)
    }
    var items = value.elements
    while let item = items.next() {
      try readItem(item, at: FieldPath("input", facts.messages))
      facts.messages += 1
    }
  }

  private mutating func readItem(_ item: JSONValue, at path: FieldPath) throws(PeekError) {
    guard item.isObject else { throw .wrongType(path.text(), expected: "an object", found: item) }
    var members = DistinctMembers(item, at: path, keys: keys)
    var isUsers = false
    while let (key, value) = try members.next(keys) {
      if key == "role" {
        isUsers = value.string.map { $0 == "user" } ?? false
      } else if key == "content" {
        try readParts(value, of: "content", at: path)
      } else if key == "output", !value.isObject {
        try readParts(value, of: "output", at: path)
      }
    }
    endTurn(isUsers: isUsers)
  }

  mutating func readInstructions(_ value: JSONValue) throws(PeekError) {
    if let text = value.string {
      count(text)
      turns?.end(isUsers: false)
    } else if !value.isNull {
      throw .wrongType("instructions", expected: "a string or null", found: value)
    }
  }

  /// A prompt or an input to embed: a text, tokens, or a list of either.
  mutating func readTexts(_ value: JSONValue, _ name: StaticString, isOptional: Bool) throws(PeekError) {
    if let text = value.string {
      facts.messages = 1
      count(text)
      turns?.end(isUsers: true)
      return
    }
    if value.isNull, isOptional { return }
    guard value.isArray else {
      throw .wrongType("\(name)", expected: "a string or an array", found: value)
    }
    var elements = value.elements
    guard let first = elements.next() else { throw .invalid("\(name)", "must not be an empty array") }
    if first.isNumber {
      facts.messages = 1
      facts.textBytes += 4 * (try tokens(value, at: "\(name)"))
    } else {
      try readList(value, name)
    }
  }

  private mutating func readList(_ list: JSONValue, _ name: StaticString) throws(PeekError) {
    var elements = list.elements
    var areArrays: Bool?
    while let element = elements.next() {
      let path = FieldPath(name, facts.messages)
      guard element.string != nil || element.isArray, element.isArray == areArrays ?? element.isArray else {
        throw .wrongType(
          path.text(), expected: "a string or an array of tokens, the same as its neighbours", found: element)
      }
      areArrays = element.isArray
      facts.textBytes += try textBytes(element, at: path)
      facts.messages += 1
    }
  }

  private mutating func textBytes(_ element: JSONValue, at path: FieldPath) throws(PeekError) -> Int {
    if let text = element.string {
      facts.wideScalars += text.wideScalars
      beginning?.add(text)
      turns?.add(text)
      turns?.end(isUsers: false)
      return text.count
    }
    return 4 * (try tokens(element, at: path.text()))
  }

  /// Counts the integers of an array that may hold nothing else.
  private func tokens(_ array: JSONValue, at name: @autoclosure () -> String) throws(PeekError) -> Int {
    var elements = array.elements
    var count = 0
    while let element = elements.next() {
      guard element.int != nil else {
        throw .wrongType("\(name())[\(count)]", expected: "an integer", found: element)
      }
      count += 1
    }
    return count
  }
}
