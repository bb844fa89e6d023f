/// Reads words and the beginnings of lines, byte by byte, from a text that comes in pieces. Where they are cut makes no difference.
struct WordScan: Sendable {
  /// What has been seen of the line so far.
  private enum Line {
    case start, bullet, hashes, digits, number, inside
  }

  private let vocabulary = Vocabulary.shared
  private var bits: UInt64 = 0
  private var length = 0
  private var line = Line.start
  /// The bytes of the letter beyond ASCII that is being read.
  private var recent: UInt32 = 0

  private(set) var words = 0
  /// Bytes of words, and of them those beyond ASCII.
  private var letters = 0
  private var wide = 0
  /// Words that are in the vocabulary.
  private(set) var known = 0
  private(set) var items = 0
  private(set) var numberedItems = 0
  private(set) var headings = 0
  private(set) var tableRows = 0
  /// Question marks beyond ASCII.
  private(set) var questions = 0
  private(set) var scripts = ScriptCounts()
  private(set) var hits = WordHits()

  /// The next piece. `isAsking`: its words may say what is to be done, and are no mere material.
  mutating func add(_ bytes: UnsafeRawBufferPointer, isAsking: Bool) {
    var (bits, length) = (self.bits, self.length)
    for byte in bytes {
      if (byte | 0x20) &- 0x61 < 26 || byte >= 0x80 && joins(byte, isInside: length > 0) {
        bits = WordKey.joined(bits, byte)
        length &+= 1
        continue
      }
      if length > 0 {
        end(WordKey(bits, length: length), length, isAsking: isAsking)
        (bits, length) = (0, 0)
      }
      if byte < 0x80 { see(byte) }
    }
    (self.bits, self.length) = (bits, length)
  }

  /// The text ends here, or goes on elsewhere.
  mutating func end(isAsking: Bool) {
    if length > 0 { end(WordKey(bits, length: length), length, isAsking: isAsking) }
    (bits, length, recent, line) = (0, 0, 0, .inside)
  }

  @inline(__always)
  private mutating func end(_ key: WordKey, _ length: Int, isAsking: Bool) {
    words &+= 1
    letters &+= length
    line = .inside
    guard let meaning = vocabulary[key] else { return }
    known &+= 1
    hits.add(meaning, isAsking: isAsking)
  }

  /// Whether a byte beyond ASCII belongs to a word. Signs that begin with C2 or E2 (quotes, dashes, bullets) stand between words.
  private mutating func joins(_ byte: UInt8, isInside: Bool) -> Bool {
    guard byte < 0xc0 else {
      recent = UInt32(byte)
      let isLetter = byte != 0xc2 && byte != 0xe2
      if isLetter { wide &+= 1 }
      return isLetter
    }
    recent = recent &<< 8 | UInt32(byte)
    switch recent {
    case 0xc000...0xffff: scripts.add(recent)
    case 0xefbc9f: questions &+= 1  // ？
    case 0xe280a2 where line == .start: line = .bullet  // •
    default: break
    }
    if recent == 0xd89f { questions &+= 1 }  // ؟
    if isInside { wide &+= 1 }
    return isInside
  }

  /// A byte between words.
  @inline(__always)
  private mutating func see(_ byte: UInt8) {
    if byte == UInt8(ascii: "\n") {
      line = .start
    } else if line != .inside {
      begin(byte)
    }
  }

  private mutating func begin(_ byte: UInt8) {
    switch (line, byte) {
    case (.start, UInt8(ascii: " ")), (.start, UInt8(ascii: "\t")): break
    case (.start, UInt8(ascii: "-")), (.start, UInt8(ascii: "*")), (.start, UInt8(ascii: "+")):
      line = .bullet
    case (.start, UInt8(ascii: "#")), (.hashes, UInt8(ascii: "#")): line = .hashes
    case (.start, 0x30...0x39), (.digits, 0x30...0x39): line = .digits
    case (.digits, UInt8(ascii: ".")), (.digits, UInt8(ascii: ")")): line = .number
    case (.start, UInt8(ascii: "|")):
      tableRows &+= 1
      line = .inside
    case (.bullet, UInt8(ascii: " ")):
      items &+= 1
      line = .inside
    case (.number, UInt8(ascii: " ")):
      numberedItems &+= 1
      line = .inside
    case (.hashes, UInt8(ascii: " ")):
      headings &+= 1
      line = .inside
    default: line = .inside
    }
  }

  /// The language of what was read; nil where it can't be told.
  var language: String? {
    if scripts.isOwn(beside: letters - wide) { return scripts.language }
    return LatinLanguage.likeliest(hits.languages, words: words)?.rawValue
  }
}
