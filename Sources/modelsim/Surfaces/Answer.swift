import NIOCore

/// What the simulated model says: a function of the ask, of the seed and of what is demanded, nothing else.
struct Answer: Equatable {
  enum Said: Equatable {
    /// So many words out of the lexicon.
    case words(Int)
    /// A text in pieces, each as it stands inside a JSON string (escaped).
    case text([String])
  }

  struct Call: Equatable {
    /// Escaped.
    var name: String
    /// A JSON object.
    var arguments: String
    /// The same in pieces, escaped.
    var pieces: [String]

    init(_ tool: Ask.Tool) {
      name = escaped(tool.name)
      arguments = tool.arguments
      pieces = Answer.pieces(tool.arguments)
    }
  }

  enum Finish: Equatable {
    case stop, length, calls
  }

  /// Words that are thought aloud before anything is said.
  var thinking: Int
  var said = Said.words(0)
  var calls: [Call]
  var promptTokens: Int
  /// Of the prompt's tokens, those that a cache had.
  var cachedTokens: Int
  var choices: Int
  var finish = Finish.stop
  /// The text that would have come next and ended the answer.
  var stopSequence: String?
  private var seed: UInt64

  /// Thought where thinking is asked for and nobody says how much.
  static let usualThinking = 4

  /// `tokens` is the length of an answer in words, before `max_tokens` cuts it. All choices end where a stop
  /// sequence ends the first.
  init(to ask: Ask, tokens: Int, seed: UInt64, behaviour: Behaviour = Behaviour()) {
    promptTokens = ask.promptTokens
    cachedTokens = min(behaviour.cached ?? 0, ask.promptTokens)
    choices = ask.choices
    self.seed = mixed(ask.promptHash ^ seed)
    let limit = ask.maxTokens ?? Int.max
    thinking = min(behaviour.thinking ?? (ask.thinks ? Self.usualThinking : 0), limit)
    calls = ask.calls(named: behaviour.tool, count: behaviour.calls).map { Call($0) }
    if let text = behaviour.text ?? (calls.isEmpty ? Self.structured(ask.format) : nil) {
      say(text, until: ask.stops)
    } else if calls.isEmpty {
      say(min(limit - thinking, tokens), until: ask.stops)
      if stopSequence == nil, tokens > limit - thinking { finish = .length }
    }
    if !calls.isEmpty { finish = .calls }
  }

  private mutating func say(_ text: String, until stops: [String]) {
    let cut = Self.cut(text, at: stops)
    stopSequence = cut?.stop
    said = .text(Self.pieces(cut?.text ?? text))
  }

  private mutating func say(_ words: Int, until stops: [String]) {
    said = .words(words)
    guard !stops.isEmpty else { return }
    var whole = ByteBuffer()
    writeText(choice: 0, into: &whole)
    guard let cut = Self.cut(String(buffer: whole), at: stops) else { return }
    stopSequence = cut.stop
    said = .text(Self.words(cut.text))
  }

  private static func structured(_ format: Ask.Format) -> String? {
    switch format {
    case .text: nil
    case .jsonObject: #"{"answer":"simulated"}"#
    case .jsonSchema(let schema): SchemaInstance.make(schema).description
    }
  }

  /// `text` up to the first of `stops`; nil if there is none in it.
  private static func cut(_ text: String, at stops: [String]) -> (text: String, stop: String)? {
    var end = text.endIndex
    var first: String?
    for stop in stops {
      guard let start = firstRange(of: stop, in: text)?.lowerBound, start < end else { continue }
      (end, first) = (start, stop)
    }
    return first.map { (String(text[..<end]), $0) }
  }

  /// `text` cut into pieces of four characters, each escaped.
  private static func pieces(_ text: String) -> [String] {
    var pieces: [String] = []
    var rest = text[...]
    while !rest.isEmpty {
      pieces.append(escaped(String(rest.prefix(4))))
      rest = rest.dropFirst(4)
    }
    return pieces
  }

  /// `text` cut into words, each with the space behind it.
  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    var word = ""
    for character in text {
      word.append(character)
      guard character == " " else { continue }
      words.append(word)
      word = ""
    }
    return word.isEmpty ? words : words + [word]
  }
}

// MARK: - Pieces

extension Answer {
  /// A part of an answer; they come in this order.
  enum Part: Equatable {
    case thought, text
    case call(Int)
  }

  /// Where a piece stands.
  struct Place: Equatable {
    var part: Part
    /// Among the part's pieces.
    var index: Int
    var count: Int

    var isFirst: Bool { index == 0 }
    var isLast: Bool { index + 1 == count }
  }

  var isCall: Bool { !calls.isEmpty }

  var textCount: Int {
    switch said {
    case .words(let count): count
    case .text(let pieces): pieces.count
    }
  }

  /// Of one choice.
  var completionTokens: Int {
    calls.reduce(thinking + textCount) { $0 + $1.pieces.count }
  }

  /// How many steps the content of a stream comes in: one per completion token.
  var pieceCount: Int { completionTokens }

  var totalCompletionTokens: Int { completionTokens * choices }

  /// Those that there are, in order.
  var parts: [Part] {
    var parts: [Part] = []
    if thinking > 0 { parts.append(.thought) }
    if textCount > 0 { parts.append(.text) }
    for number in calls.indices { parts.append(.call(number)) }
    return parts
  }

  @inline(__always)
  func place(of piece: Int) -> Place {
    if piece < thinking { return Place(part: .thought, index: piece, count: thinking) }
    var index = piece - thinking
    let textCount = textCount
    if index < textCount { return Place(part: .text, index: index, count: textCount) }
    index -= textCount
    for (number, call) in calls.enumerated() {
      if index < call.pieces.count {
        return Place(part: .call(number), index: index, count: call.pieces.count)
      }
      index -= call.pieces.count
    }
    preconditionFailure("Answer: piece \(piece) of \(pieceCount)")
  }

  /// Appends the piece at `place` of `choice`, as it stands inside a JSON string.
  @inline(__always)
  func write(_ place: Place, choice: Int, into buffer: inout ByteBuffer) {
    switch place.part {
    case .thought: buffer.writeString(thought(place.index))
    case .text: writeText(place.index, choice: choice, into: &buffer)
    case .call(let number): buffer.writeString(calls[number].pieces[place.index])
    }
  }

  @inline(__always)
  private func writeText(_ index: Int, choice: Int, into buffer: inout ByteBuffer) {
    switch said {
    case .words:
      if index > 0 { buffer.writeStaticString(" ") }
      let word = Lexicon.packed[wordNumber(index, choice)]
      buffer.writeInteger(word.bytes, endianness: .little)
      buffer.moveWriterIndex(to: buffer.writerIndex - 8 + word.count)
    case .text(let pieces): buffer.writeString(pieces[index])
    }
  }

  /// Appends all that `choice` says, calls and thoughts apart.
  func writeText(choice: Int, into buffer: inout ByteBuffer) {
    guard case .words(let count) = said else {
      for index in 0..<textCount { writeText(index, choice: choice, into: &buffer) }
      return
    }
    let words = Lexicon.packed
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 8 * count + 8) { bytes in
      var offset = 0
      for index in 0..<count {
        let word = words[wordNumber(index, choice)]
        bytes.storeBytes(of: word.bytes.littleEndian, toByteOffset: offset, as: UInt64.self)
        bytes[offset + word.count] = UInt8(ascii: " ")
        offset += word.count + 1
      }
      return max(0, offset - 1)
    }
  }

  /// All that is thought; the same in every choice, and nothing in it to escape.
  var thoughts: String {
    (0..<thinking).map { thought($0) }.joined()
  }

  private func thought(_ index: Int) -> String {
    let word = Lexicon.words[Int(mixed(~seed &+ UInt64(index)) & 63)]
    return index > 0 ? " " + word : word
  }

  @inline(__always)
  private func wordNumber(_ index: Int, _ choice: Int) -> Int {
    Int(mixed(seed &+ UInt64(index) &* 0x9E37_79B9 &+ UInt64(choice) << 40) & 63)
  }
}

/// What shows that a thought comes back as it was given: made from its text.
enum Signature {
  static func of(_ text: String) -> String {
    var text = text
    let hash = text.withUTF8 { mixed(hashed(UnsafeRawBufferPointer($0), from: 11)) }
    let words: [UInt64] = [hash, mixed(hash), mixed(~hash)]
    return base64(words.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) })
  }
}
