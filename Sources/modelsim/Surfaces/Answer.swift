import NIOCore

/// What the simulated model says: a function of the ask and of the seed, nothing else.
struct Answer: Equatable {
  enum Content: Equatable {
    /// So many words out of the lexicon.
    case words(Int)
    /// A text in pieces, each as it stands inside a JSON string (escaped).
    case text([String])
    /// A function call, its arguments in pieces (escaped).
    case call(name: String, arguments: [String])
  }

  var content: Content
  var promptTokens: Int
  /// Of one choice.
  var completionTokens: Int
  var choices: Int
  var finish: StaticStringBox
  private var seed: UInt64

  /// `tokens` is the length of an answer in words, before `max_tokens` cuts it.
  init(to ask: Ask, tokens: Int, seed: UInt64) {
    promptTokens = ask.promptTokens
    choices = ask.choices
    self.seed = mixed(ask.promptHash ^ seed)
    let limit = ask.maxTokens ?? Int.max
    if let tool = ask.tool {
      let pieces = Self.pieces(tool.arguments)
      content = .call(name: escaped(tool.name), arguments: pieces)
      completionTokens = pieces.count
      finish = StaticStringBox("tool_calls")
    } else if let text = Self.structured(ask.format) {
      let pieces = Self.pieces(text)
      content = .text(pieces)
      completionTokens = pieces.count
      finish = StaticStringBox("stop")
    } else {
      completionTokens = min(limit, tokens)
      content = .words(completionTokens)
      finish = StaticStringBox(tokens > limit ? "length" : "stop")
    }
  }

  /// How many steps the content of a stream comes in: one per completion token.
  var pieceCount: Int { completionTokens }

  var totalCompletionTokens: Int { completionTokens * choices }

  /// Appends piece `index` of `choice`, as it stands inside a JSON string.
  @inline(__always)
  func write(piece index: Int, choice: Int, into buffer: inout ByteBuffer) {
    switch content {
    case .words:
      if index > 0 { buffer.writeStaticString(" ") }
      let word = Lexicon.packed[wordNumber(index, choice)]
      buffer.writeInteger(word.bytes, endianness: .little)
      buffer.moveWriterIndex(to: buffer.writerIndex - 8 + word.count)
    case .text(let pieces), .call(_, let pieces): buffer.writeString(pieces[index])
    }
  }

  /// Appends all pieces of `choice`.
  func writeAll(choice: Int, into buffer: inout ByteBuffer) {
    guard case .words(let count) = content else {
      for index in 0..<pieceCount { write(piece: index, choice: choice, into: &buffer) }
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

  @inline(__always)
  private func wordNumber(_ index: Int, _ choice: Int) -> Int {
    Int(mixed(seed &+ UInt64(index) &* 0x9E37_79B9 &+ UInt64(choice) << 40) & 63)
  }

  private static func structured(_ format: Ask.Format) -> String? {
    switch format {
    case .text: nil
    case .jsonObject: #"{"answer":"simulated"}"#
    case .jsonSchema(let schema): SchemaInstance.make(schema).description
    }
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
}

/// The words that answers are made of: 64, ASCII, of seven letters at most, nothing to escape.
enum Lexicon {
  /// A word's letters in memory order from the lowest byte up.
  struct Packed: Sendable {
    var bytes: UInt64
    var count: Int
  }

  static let packed: [Packed] = words.map { word in
    Packed(bytes: word.utf8.reversed().reduce(0) { $0 << 8 | UInt64($1) }, count: word.utf8.count)
  }

  static let words: [String] = [
    "amber", "anchor", "arch", "basin", "beacon", "birch", "bridge", "brook", "cabin", "canal", "cedar",
    "cloud", "coast", "copper", "creek", "delta", "dune", "ember", "fern", "field", "fjord", "flint",
    "forest", "garden", "glade", "granite", "grove", "harbor", "heath", "hill", "inlet", "iron", "island",
    "lake", "lantern", "ledge", "linen", "maple", "marsh", "meadow", "mill", "moss", "oak", "orchard",
    "path", "pebble", "pine", "plain", "pond", "quarry", "reed", "ridge", "river", "sand", "shore", "slate",
    "spring", "stone", "stream", "summit", "timber", "valley", "willow", "wind",
  ]
}

/// A static string that compares by what it says.
struct StaticStringBox: Equatable, Sendable {
  let value: StaticString

  init(_ value: StaticString) {
    self.value = value
  }

  static func == (left: Self, right: Self) -> Bool {
    left.value.description == right.value.description
  }
}
