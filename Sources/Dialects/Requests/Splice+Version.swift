internal import Policy

/// What a version of a model writes. The rest of the body keeps its bytes.
extension Splice {
  mutating func version(
    _ version: VersionEdits, members: [MemberCut], surface: Surface, of body: PaddedBytes
  ) {
    body.withUnsafeBytes { text in
      for parameter in version.parameters(on: surface) { write(parameter, members, text) }
      guard let prompt = version.prompt else { return }
      switch surface {
      case .chatCompletions, .ollamaChat: put(prompt, beforeMessages: members, text)
      case .responses: put(prompt, before: "instructions", members, text)
      case .messages, .countTokens, .ollamaGenerate: put(prompt, before: "system", members, text)
      case .completions where !cuts.promptIsList: put(prompt, before: "prompt", members, text)
      case .completions, .embeddings, .ollamaEmbed: break
      }
    }
  }

  /// What a routing rule writes: no member that the version writes, which was released as it is.
  mutating func rule(
    _ rule: VersionEdits, besides version: VersionEdits?, members: [MemberCut], surface: Surface,
    of body: PaddedBytes
  ) {
    let taken = Set((version?.parameters(on: surface) ?? []).flatMap(\.keys).map(Self.folded))
    body.withUnsafeBytes { text in
      for parameter in rule.parameters(on: surface) {
        let isTaken = parameter.keys.contains { taken.contains(Self.folded($0)) }
        if !isTaken { write(parameter, members, text) }
      }
    }
  }

  /// In small letters: some providers ignore case.
  private static func folded(_ key: [UInt8]) -> [UInt8] { key.map { 0x41...0x5a ~= $0 ? $0 | 0x20 : $0 } }

  /// Every member of the name gets the value: also one that only providers that ignore case take for it, or theirs would win.
  private mutating func write(
    _ parameter: VersionEdits.Parameter, _ members: [MemberCut], _ text: UnsafeRawBufferPointer
  ) {
    var isThere = false
    for member in members {
      for key in parameter.keys {
        guard let likeness = member.likeness(to: key, in: text) else { continue }
        edits.append(Edit(place: member.value, text: .shared(parameter.value)))
        guard likeness == .same else { break }
        isThere = true
        if member.plainKey != nil { spellPlainly(member, key) }
        break
      }
    }
    if !isThere { self.members.append(.shared(parameter.member)) }
  }

  /// Keys that the router knows are spelled plainly already.
  private mutating func spellPlainly(_ member: MemberCut, _ key: [UInt8]) {
    guard !cuts.escapedKeys.contains(where: { $0.place == member.key }) else { return }
    let quote = [UInt8(ascii: "\"")]
    edits.append(Edit(place: member.key, text: .shared(quote + key + quote)))
  }

  /// Messages are a list with something in it, as the peek saw to.
  private mutating func put(
    _ prompt: VersionEdits.Prompt, beforeMessages members: [MemberCut], _ text: UnsafeRawBufferPointer
  ) {
    guard let messages = members.first(named: "messages", in: text) else {
      preconditionFailure("a chat without messages")
    }
    let begin = messages.value.lowerBound + 1
    edits.append(Edit(place: begin..<begin, text: .shared(prompt.message)))
  }

  private mutating func put(
    _ prompt: VersionEdits.Prompt, before name: StaticString, _ members: [MemberCut],
    _ text: UnsafeRawBufferPointer
  ) {
    guard let member = members.first(named: name, in: text) else {
      let key = PaddedBytes(capacity: prompt.quoted.count + 32)
      key.append("\"")
      key.append(name)
      key.append("\":")
      prompt.quoted.withUnsafeBytes { key.append($0) }
      self.members.append(.made(key))
      return
    }
    if text[member.value.lowerBound] == UInt8(ascii: "[") {
      return put(prompt, beforeParts: member.value, text)
    }
    guard member.kind == .text else {
      edits.append(Edit(place: member.value, text: .shared(prompt.quoted)))
      return
    }
    let begin = member.value.lowerBound + 1
    let isEmpty = member.value.count == 2
    edits.append(
      Edit(place: begin..<begin, text: .shared(isEmpty ? prompt.inner : prompt.opening)))
  }
}

extension Splice {
  /// A list of parts, which may be empty.
  private mutating func put(
    _ prompt: VersionEdits.Prompt, beforeParts list: Range<Int>, _ text: UnsafeRawBufferPointer
  ) {
    let begin = list.lowerBound + 1
    let isEmpty = text[begin..<list.upperBound - 1].allSatisfy { $0 <= 0x20 }
    let part = isEmpty ? prompt.part : prompt.part + [UInt8(ascii: ",")]
    edits.append(Edit(place: begin..<begin, text: .shared(part)))
  }
}

extension MemberCut {
  enum Likeness { case same, sameButForCase }

  /// Nil where the key is another.
  func likeness(to name: [UInt8], in text: UnsafeRawBufferPointer) -> Likeness? {
    if let plainKey { return plainKey.withUnsafeBytes { Self.likeness($0, name) } }
    let spelled = key.lowerBound + 1..<key.upperBound - 1
    guard spelled.count == name.count else { return nil }
    return Self.likeness(UnsafeRawBufferPointer(rebasing: text[spelled]), name)
  }

  private static func likeness(_ key: UnsafeRawBufferPointer, _ name: [UInt8]) -> Likeness? {
    guard key.count == name.count else { return nil }
    var isSame = true
    for (a, b) in zip(key, name) where a != b {
      guard a ^ b == 0x20, 0x61...0x7a ~= a | 0x20 else { return nil }
      isSame = false
    }
    return isSame ? .same : .sameButForCase
  }
}

extension [MemberCut] {
  fileprivate func first(named name: StaticString, in text: UnsafeRawBufferPointer) -> MemberCut? {
    let bytes = [UInt8](UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    return first { $0.likeness(to: bytes, in: text) == .same }
  }
}
