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
      let number = mixed(seed &+ UInt64(index) &* 0x9E37_79B9 &+ UInt64(choice) << 40)
      buffer.writeString(Lexicon.words[Int(number & 63)])
    case .text(let pieces), .call(_, let pieces): buffer.writeString(pieces[index])
    }
  }

  /// Appends all pieces of `choice`.
  func writeAll(choice: Int, into buffer: inout ByteBuffer) {
    for index in 0..<pieceCount { write(piece: index, choice: choice, into: &buffer) }
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

/// The words that answers are made of: 64, ASCII, nothing to escape.
enum Lexicon {
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
