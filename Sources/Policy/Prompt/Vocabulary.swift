/// What a word of a prompt tells.
struct WordMeaning: Equatable, Sendable {
  struct Flags: OptionSet, Sendable {
    let rawValue: UInt8
    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// It names a task as nothing else does: translate.
    static let strong = Flags(rawValue: 1)
    static let reasoning = Flags(rawValue: 2)
    static let step = Flags(rawValue: 4)
    /// It stands in programs and hardly elsewhere: elif.
    static let program = Flags(rawValue: 8)
    /// What programs are written in, or with: python.
    static let tool = Flags(rawValue: 16)
    /// Something is to be written.
    static let writes = Flags(rawValue: 32)
  }

  /// The position in `TaskKind.allCases`, plus one; 0 where it names none.
  var task: UInt8 = 0
  /// The same of `Domain`.
  var domain: UInt8 = 0
  /// The languages whose texts are full of it: bits by the position in `LatinLanguage.allCases`.
  var languages: UInt8 = 0
  var flags: Flags = []
}

/// A word without its spelling: its last ten bytes, six bits of each, and its length up to 15. So letters of both sizes are the same, a
/// word may come in pieces, and no other word of up to ten ASCII letters has its key.
struct WordKey: Equatable {
  private(set) var value: UInt64

  @inline(__always)
  init(_ bits: UInt64, length: Int) {
    value = bits & (1 << 60 - 1) | UInt64(truncatingIfNeeded: min(length, 15)) << 60
  }

  init(_ word: some StringProtocol) {
    self.init(word.utf8.reduce(0) { Self.joined($0, $1) }, length: word.utf8.count)
  }

  @inline(__always)
  static func joined(_ bits: UInt64, _ byte: UInt8) -> UInt64 {
    bits &<< 6 | UInt64(byte & 31 | byte >> 2 & 32)
  }
}

/// Which words mean something: an open-addressed table, made once.
struct Vocabulary: Sendable {
  static let shared = Vocabulary()

  private static let bits = 12
  private static let mask = 1 << bits - 1

  /// No word has the key 0, as none is without length.
  private var keys = [UInt64](repeating: 0, count: mask + 1)
  private var meanings = [WordMeaning](repeating: WordMeaning(), count: mask + 1)
  private(set) var count = 0

  private init() {
    for (language, words) in Self.stopWords {
      add(words) { $0.languages |= language.bit }
    }
    for (task, words) in Self.strongTasks {
      add(words) { meaning in
        meaning.task = task.number
        meaning.flags.insert(.strong)
      }
    }
    for (task, words) in Self.weakTasks { add(words) { $0.task = task.number } }
    for (domain, words) in Self.domains { add(words) { $0.domain = domain.number } }
    for (flag, words) in Self.flags { add(words) { $0.flags.insert(flag) } }
  }

  @inline(__always)
  subscript(key: WordKey) -> WordMeaning? {
    var slot = Self.slot(of: key)
    while keys[slot] != 0 {
      if keys[slot] == key.value { return meanings[slot] }
      slot = (slot &+ 1) & Self.mask
    }
    return nil
  }

  @inline(__always)
  private static func slot(of key: WordKey) -> Int {
    Int(truncatingIfNeeded: (key.value &* 0x9E37_79B9_7F4A_7C15) >> UInt64(64 - bits))
  }

  private mutating func add(_ words: String, _ change: (inout WordMeaning) -> Void) {
    for word in words.split(whereSeparator: \.isWhitespace) {
      let key = WordKey(word)
      var slot = Self.slot(of: key)
      while keys[slot] != 0, keys[slot] != key.value { slot = (slot &+ 1) & Self.mask }
      if keys[slot] == 0 {
        keys[slot] = key.value
        count += 1
        precondition(count <= Self.mask / 2, "the vocabulary is too large for its table")
      }
      change(&meanings[slot])
    }
  }
}

extension TaskKind {
  /// In a word's meaning.
  fileprivate var number: UInt8 { UInt8((Self.allCases.firstIndex(of: self) ?? -1) + 1) }
}

extension Domain {
  fileprivate var number: UInt8 { UInt8((Self.allCases.firstIndex(of: self) ?? -1) + 1) }
}
