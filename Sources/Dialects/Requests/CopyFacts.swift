package import Policy

/// What a request says of whether it may be sent a second time, to somebody whose answer nobody sees.
package struct CopyFacts: Sendable {
  /// The model may have others do something: tools, functions, searches.
  package var usesTools: Bool
  /// The provider is to keep something of it, goes on from what it kept, or answers in the background.
  package var keepsState: Bool
  /// What the client wants the answer's text to be; nil for plain text, and where tools may answer.
  package var format: AnswerFormat?
}

extension Peek {
  /// Of a `request` that was made of this very `body`. Keys count however they are spelled: a provider may ignore their case.
  package func copyFacts(of request: PeekedRequest, _ body: PaddedBytes) -> CopyFacts {
    let members = members(of: request, body)
    let surface = request.facts.surface
    return body.withUnsafeBytes { text in
      let reader = MemberReader(members: members, text: text)
      let usesTools =
        request.facts.tools > 0 || reader.says("functions") || reader.says("web_search_options")
        || reader.says("mcp_servers")
      // Responses are kept unless the client says otherwise.
      let isStored = surface == .responses ? !reader.isFalse("store") : reader.says("store")
      let keepsState =
        isStored || reader.says("background") || reader.says("previous_response_id")
        || reader.says("conversation") || surface == .responses && reader.says("prompt")
        || surface.dialect == .anthropic && reader.says("container")
      return CopyFacts(
        usesTools: usesTools, keepsState: keepsState, format: usesTools ? nil : reader.format(on: surface))
    }
  }
}

/// Looks up members of a document by name.
private struct MemberReader {
  let members: [MemberCut]
  let text: UnsafeRawBufferPointer

  /// Of several that differ in case, nobody knows which one a provider goes by.
  private func all(_ name: StaticString) -> [MemberCut] {
    let bytes = [UInt8](UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    return members.filter { $0.likeness(to: bytes, in: text) != nil }
  }

  private func spells(_ member: MemberCut, _ word: StaticString) -> Bool {
    member.value.count == word.utf8CodeUnitCount && text.has(word, at: member.value.lowerBound)
  }

  /// Whether it is there, and neither null nor false.
  func says(_ name: StaticString) -> Bool {
    all(name).contains { $0.kind != .null && !spells($0, "false") }
  }

  func isFalse(_ name: StaticString) -> Bool {
    let found = all(name)
    return !found.isEmpty && found.allSatisfy { spells($0, "false") }
  }

  /// Bytes of a schema beyond which nobody looks at it.
  private static let longest = 64 << 10

  func format(on surface: Surface) -> AnswerFormat? {
    switch surface {
    case .chatCompletions: literal("response_format").flatMap { AnswerFormat($0) }
    case .responses: literal("text").flatMap { $0[member: "format"] }.flatMap { AnswerFormat($0) }
    case .completions, .embeddings, .messages, .countTokens, .ollamaChat, .ollamaGenerate, .ollamaEmbed: nil
    }
  }

  private func literal(_ name: StaticString) -> JSONLiteral? {
    guard let range = all(name).first?.value, range.count <= Self.longest else { return nil }
    return try? JSONLiteral(text: String(decoding: text.part(range), as: UTF8.self))
  }
}
