package import Policy

extension Peek {
  /// The body to send upstream: what changes is spliced in, everything else is the client's bytes.
  ///
  /// - Parameters:
  ///   - request: What `request(_:surface:)` made of this very `body`.
  ///   - body: The client's body; never changed.
  ///   - model: The provider's name of the model; nil leaves what the client wrote.
  ///   - includeUsage: Asks for usage in the stream; without effect where the API has no such switch.
  /// - Returns: `body` itself where nothing changes. Known keys come out without escapes.
  package func spliced(
    _ request: PeekedRequest, body: PaddedBytes, model: String?, includeUsage: Bool
  ) -> PaddedBytes {
    var splice = Splice(cuts: request.cuts)
    splice.plainKeys()
    if let model, model != request.facts.model { splice.model(model) }
    if includeUsage, request.facts.surface.streamsUsageOnRequest { splice.includeUsage() }
    return splice.applied(to: body)
  }
}

extension Surface {
  /// `stream_options.include_usage` exists here; responses carry usage in any case, embeddings do not stream.
  package var streamsUsageOnRequest: Bool {
    switch self {
    case .chatCompletions, .completions: true
    case .embeddings, .responses: false
    }
  }
}

/// A list of replacements and its application.
private struct Splice {
  private struct Edit {
    var place: Range<Int>
    var text: PaddedBytes
  }

  private let cuts: SpliceCuts
  private var edits: [Edit] = []
  /// New members in front of the others.
  private var members: [PaddedBytes] = []

  init(cuts: SpliceCuts) { self.cuts = cuts }

  mutating func plainKeys() {
    for key in cuts.escapedKeys {
      let text = PaddedBytes(capacity: 32)
      text.append("\"")
      text.append(key.name)
      text.append("\"")
      edits.append(Edit(place: key.place, text: text))
    }
  }

  mutating func model(_ name: String) {
    let text = PaddedBytes(capacity: name.utf8.count + 16)
    guard let place = cuts.model else {
      text.append(#""model":"#)
      text.appendJSON(name)
      members.append(text)
      return
    }
    text.appendJSON(name)
    edits.append(Edit(place: place, text: text))
  }

  mutating func includeUsage() {
    let text = PaddedBytes(capacity: 64)
    switch cuts.usage {
    case .on: break
    case .absent:
      text.append(#""stream_options":{"include_usage":true}"#)
      members.append(text)
    case .null(let place):
      text.append(#"{"include_usage":true}"#)
      edits.append(Edit(place: place, text: text))
    case .missing(let start, let objectIsEmpty):
      text.append(#""include_usage":true"#)
      if !objectIsEmpty { text.append(",") }
      edits.append(Edit(place: start..<start, text: text))
    case .off(let place):
      text.append("true")
      edits.append(Edit(place: place, text: text))
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
        edit.text.withUnsafeBytes { result.append($0) }
        copied = edit.place.upperBound
      }
      result.append(UnsafeRawBufferPointer(rebasing: source[copied...]))
    }
    return result
  }

  /// All edits in the order of the source; they never overlap.
  private func sorted() -> [Edit] {
    var all = edits
    if !members.isEmpty { all.append(Edit(place: cuts.objectStart..<cuts.objectStart, text: joined())) }
    return all.sorted {
      ($0.place.lowerBound, $0.place.upperBound) < ($1.place.lowerBound, $1.place.upperBound)
    }
  }

  private func joined() -> PaddedBytes {
    let text = PaddedBytes(capacity: 128)
    for (number, member) in members.enumerated() {
      if number > 0 { text.append(",") }
      member.withUnsafeBytes { text.append($0) }
    }
    if !cuts.objectIsEmpty { text.append(",") }
    return text
  }
}
