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
    case stop, length, calls, refusal
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
  let seed: UInt64

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
    let isRefused = behaviour.refusal != nil
    calls = isRefused ? [] : ask.calls(named: behaviour.tool, count: behaviour.calls).map { Call($0) }
    if let text = behaviour.refusal ?? behaviour.text ?? (calls.isEmpty ? Self.structured(ask.format) : nil) {
      say(text, until: ask.stops)
    } else if calls.isEmpty {
      say(min(limit - thinking, tokens), until: ask.stops)
      if stopSequence == nil, tokens > limit - thinking { finish = .length }
    }
    if isRefused { finish = .refusal }
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
