/// A text to look for, in a regular subset: what it says can be found in one pass, whatever the text.
package indirect enum Pattern: Sendable, Equatable {
  /// One byte of these.
  case byte(ByteSet)
  /// One after another; an empty one matches the empty text.
  case sequence([Pattern])
  case choice([Pattern])
  /// `most` nil: without end.
  case repeated(Pattern, least: Int, most: Int?)
  /// `\b`: of what stands here and before, one belongs to a word and the other doesn't.
  case boundary

  /// Any character beyond ASCII, in UTF-8. Texts are valid, so that ranges need not be exact.
  static let wide: Pattern = {
    let tail = Pattern.byte(ByteSet(0x80...0xbf))
    return .choice([
      .sequence([.byte(ByteSet(0xc2...0xdf)), tail]),
      .sequence([.byte(ByteSet(0xe0...0xef)), tail, tail]),
      .sequence([.byte(ByteSet(0xf0...0xf4)), tail, tail, tail]),
    ])
  }()

  /// One of these words, in whatever case, between boundaries. Of what is beyond ASCII the case counts.
  static func words(_ words: [String]) -> Pattern {
    let options = words.map { word in
      Pattern.sequence(
        word.utf8.map { byte in
          var set = ByteSet(byte...byte)
          if 0x61...0x7a ~= byte { set.insert(byte & 0xdf) }
          return .byte(set)
        })
    }
    return .sequence([.boundary, .choice(options), .boundary])
  }

  /// Whether the empty text matches.
  var isNullable: Bool {
    switch self {
    case .byte: false
    case .boundary: true
    case .sequence(let parts): parts.allSatisfy(\.isNullable)
    case .choice(let options): options.contains(where: \.isNullable)
    case .repeated(let part, let least, _): least == 0 || part.isNullable
    }
  }
}

/// Why a pattern can't be used: what to do about it.
package struct PatternError: Error, Equatable, Sendable {
  /// Completes "'…'".
  package var message: String
  /// Bytes of the pattern before what is wrong; nil where it is the whole.
  package var offset: Int?

  init(_ message: String, at offset: Int? = nil) { (self.message, self.offset) = (message, offset) }
}
