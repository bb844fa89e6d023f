/// What a prompt looks like, whatever its words are.
struct PromptShape: Sendable, Equatable {
  /// Of the whole prompt.
  var bytes = 0
  /// Bytes that were looked at: of a long prompt, its beginning and its end.
  var seen = 0
  /// Words, pairs of words and words' beginnings.
  var grams = 0
  var words = 0
  /// Bytes of words.
  var letters = 0
  var questions = 0
  var lines = 0
  var commas = 0
  var digits = 0
  /// Signs that stand in code and formulas rather than in prose.
  var marks = 0
  /// Bytes that are not ASCII.
  var wide = 0

  /// Takes a sign of ASCII that is in no word.
  @inline(__always)
  mutating func take(_ sign: UInt8) {
    switch sign {
    case UInt8(ascii: "?"): questions &+= 1
    case UInt8(ascii: "\n"): lines &+= 1
    case UInt8(ascii: ","): commas &+= 1
    case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
      UInt8(ascii: "}"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "="), UInt8(ascii: ";"),
      UInt8(ascii: "_"), UInt8(ascii: "|"), UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: "\\"), UInt8(ascii: "^"):
      marks &+= 1
    default: break
    }
  }

  /// The features that are no words, each 0 to 1. Their order is part of the file's format.
  var values: SIMD8<Double> {
    let count = Double(max(1, seen))
    var values = SIMD8<Double>()
    values[0] = Self.log2(bytes) / 16
    values[1] = Double(questions) / 4
    values[2] = Self.log2(lines) / 8
    values[3] = 4 * Double(digits) / count
    values[4] = 8 * Double(marks) / count
    values[5] = Double(wide) / count
    values[6] = 20 * Double(commas) / count
    values[7] = Double(letters) / Double(max(1, words)) / 12
    return values.clamped(lowerBound: SIMD8(repeating: 0), upperBound: SIMD8(repeating: 1))
  }

  private static func log2(_ count: Int) -> Double {
    Elementary.log(1 + Double(count)) / 0.693_147_180_559_945_3
  }
}
