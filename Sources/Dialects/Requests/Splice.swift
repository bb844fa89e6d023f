package import Policy

extension Peek {
  /// The body to send upstream: what changes is spliced in, everything else is the client's bytes.
  ///
  /// - Parameters:
  ///   - request: What `request(_:surface:)` made of this very `body`.
  ///   - body: The client's body; never changed.
  ///   - model: The provider's name of the model; nil leaves what the client wrote.
  ///   - includeUsage: Asks for usage in the stream; without effect where the API has no such switch.
  ///   - version: What the model's version puts in the place of what the client wrote, or beside it.
  ///   - rule: What a routing rule puts there, where the version doesn't.
  /// - Returns: `body` itself where nothing changes. Known keys come out without escapes.
  package func spliced(
    _ request: PeekedRequest, body: PaddedBytes, model: String?, includeUsage: Bool,
    version: VersionEdits? = nil, rule: VersionEdits? = nil
  ) -> PaddedBytes {
    var splice = Splice(cuts: request.cuts)
    splice.plainKeys()
    if version != nil || rule != nil {
      let (members, surface) = (self.members(of: request, body), request.facts.surface)
      if let version { splice.version(version, members: members, surface: surface, of: body) }
      if let rule { splice.rule(rule, besides: version, members: members, surface: surface, of: body) }
    }
    if let model, model != request.facts.model { splice.model(model) }
    if includeUsage, request.facts.surface.streamsUsageOnRequest { splice.includeUsage() }
    return splice.applied(to: body)
  }

  /// Read a second time where nobody knew that a version would be asked for.
  func members(of request: PeekedRequest, _ body: PaddedBytes) -> [MemberCut] {
    if let members = request.cuts.members { return members }
    let again = try? read(body, surface: request.facts.surface, notesMembers: true)
    guard let members = again?.cuts.members else {
      preconditionFailure("a body that was read once can't be read again")
    }
    return members
  }
}

extension Surface {
  /// `stream_options.include_usage` exists here; responses and the other dialects carry usage in any case, embeddings do not stream.
  package var streamsUsageOnRequest: Bool {
    switch self {
    case .chatCompletions, .completions: true
    case .embeddings, .responses, .messages, .countTokens, .ollamaChat, .ollamaGenerate, .ollamaEmbed: false
    }
  }
}

/// A list of replacements and its application.
struct Splice {
  /// What is put in.
  enum Text {
    case made(PaddedBytes)
    /// Of a version, the same for all requests.
    case shared([UInt8])
  }

  struct Edit {
    var place: Range<Int>
    var text: Text
  }

  let cuts: SpliceCuts
  var edits: [Edit] = []
  /// New members in front of the others.
  var members: [Text] = []

  init(cuts: SpliceCuts) { self.cuts = cuts }

  mutating func plainKeys() {
    for key in cuts.escapedKeys {
      let text = PaddedBytes(capacity: 32)
      text.append("\"")
      text.append(key.name)
      text.append("\"")
      edits.append(Edit(place: key.place, text: .made(text)))
    }
  }

  mutating func model(_ name: String) {
    let text = PaddedBytes(capacity: name.utf8.count + 16)
    guard let place = cuts.model else {
      text.append(#""model":"#)
      text.appendJSON(name)
      members.append(.made(text))
      return
    }
    text.appendJSON(name)
    edits.append(Edit(place: place, text: .made(text)))
  }

  mutating func includeUsage() {
    let text = PaddedBytes(capacity: 64)
    switch cuts.usage {
    case .on: break
    case .absent:
      text.append(#""stream_options":{"include_usage":true}"#)
      members.append(.made(text))
    case .null(let place):
      text.append(#"{"include_usage":true}"#)
      edits.append(Edit(place: place, text: .made(text)))
    case .missing(let start, let objectIsEmpty):
      text.append(#""include_usage":true"#)
      if !objectIsEmpty { text.append(",") }
      edits.append(Edit(place: start..<start, text: .made(text)))
    case .off(let place):
      text.append("true")
      edits.append(Edit(place: place, text: .made(text)))
    }
  }

  func applied(to body: PaddedBytes) -> PaddedBytes {
    let edits = sorted()
    guard !edits.isEmpty else { return body }
    let grown = edits.reduce(body.count) { $0 + $1.text.count }
    let result = PaddedBytes(capacity: grown)
    body.withUnsafeBytes { source in
      var copied = 0
      for edit in edits {
        result.append(UnsafeRawBufferPointer(rebasing: source[copied..<edit.place.lowerBound]))
        edit.text.append(to: result)
        copied = edit.place.upperBound
      }
      result.append(UnsafeRawBufferPointer(rebasing: source[copied...]))
    }
    return result
  }

  /// All edits in the order of the source; they never overlap.
  private func sorted() -> [Edit] {
    var all = edits
    if !members.isEmpty {
      all.append(Edit(place: cuts.objectStart..<cuts.objectStart, text: .made(joined())))
    }
    return all.sorted {
      ($0.place.lowerBound, $0.place.upperBound) < ($1.place.lowerBound, $1.place.upperBound)
    }
  }

  private func joined() -> PaddedBytes {
    let text = PaddedBytes(capacity: members.reduce(members.count) { $0 + $1.count })
    for (number, member) in members.enumerated() {
      if number > 0 { text.append(",") }
      member.append(to: text)
    }
    if !cuts.objectIsEmpty { text.append(",") }
    return text
  }
}

extension Splice.Text {
  var count: Int {
    switch self {
    case .made(let bytes): bytes.count
    case .shared(let bytes): bytes.count
    }
  }

  func append(to result: PaddedBytes) {
    switch self {
    case .made(let bytes): bytes.withUnsafeBytes { result.append($0) }
    case .shared(let bytes): bytes.withUnsafeBytes { result.append($0) }
    }
  }
}
