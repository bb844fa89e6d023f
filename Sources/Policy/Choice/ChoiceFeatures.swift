/// What a learned choice knows of a request: 32 numbers from −1 to 1, each a whole number of 127ths, so that a ticket can hold them.
///
/// Of a prompt's text they hold only what it was taken for: its length, the signals of its complexity, and its task, domain and language,
/// hashed into a few places. The first is always 1.
package struct ChoiceFeatures: Equatable, Sendable {
  package static let count = 32
  /// Grows whenever a number comes to mean something else: what was learned from the former ones is of no use then.
  package static let edition = 1

  package let values: SIMD32<Float>

  /// From here on words are hashed.
  private static let firstHashed = 18
  private static let steps: Float = 127

  package init(_ facts: RequestFacts) {
    var values = SIMD32<Float>.zero
    values[0] = 1
    values[1] = Self.level(facts.textBytes, bits: 20)
    values[2] = Self.level(facts.messages, bits: 8)
    values[3] = facts.tools > 0 ? 1 : 0
    values[4] = facts.wantsJSON ? 1 : 0
    values[5] = facts.images > 0 ? 1 : 0
    values[6] = facts.stream ? 1 : 0
    values[7] = facts.maxOutputTokens.map { Self.level($0, bits: 17) } ?? 0
    Self.hash(facts.surface.rawValue, as: 1, into: &values)
    if let prompt = facts.prompt { Self.add(prompt, to: &values) }
    self.init(values: values)
  }

  /// Numbers from −1 to 1, which are rounded to 127ths.
  package init(values: SIMD32<Float>) {
    self.values = (values * Self.steps).rounded(.toNearestOrAwayFromZero) / Self.steps
  }

  private static func add(_ prompt: PromptFacts, to values: inout SIMD32<Float>) {
    let strengths = prompt.strengths
    values[8] = Float(prompt.complexity)
    values[9] = Float(strengths.length)
    values[10] = Float(strengths.reasoning)
    values[11] = Float(strengths.code)
    values[12] = Float(strengths.steps)
    values[13] = Float(strengths.questions)
    values[14] = Float(strengths.numbers)
    values[15] = Float(strengths.structure)
    values[16] = Float(strengths.depth)
    values[17] = prompt.hasCode ? 1 : 0
    if let task = prompt.task { hash(task.rawValue, as: 2, into: &values) }
    if let domain = prompt.domain { hash(domain.rawValue, as: 3, into: &values) }
    if let language = prompt.language { hash(language, as: 4, into: &values) }
  }

  /// Its binary logarithm, straight between powers of two, as a part of `bits`.
  private static func level(_ number: Int, bits: Float) -> Float {
    let value = Float(max(0, number)) + 1
    return min(1, (Float(value.exponent) + value.significand - 1) / bits)
  }

  /// 1 is added to one of the last places, or taken off it: feature hashing (Weinberger et al., ICML 2009). Words that meet there leave
  /// what is within −1 and 1.
  private static func hash(_ word: String, as kind: UInt64, into values: inout SIMD32<Float>) {
    var hash = Fingerprint(kind)
    hash.add(word)
    let place = firstHashed + Int((hash.value >> 1) % UInt64(count - firstHashed))
    let sum: Float = values[place] + (hash.value & 1 == 0 ? 1 : -1)
    values[place] = min(1, max(-1, sum))
  }
}

// MARK: Text

extension ChoiceFeatures {
  /// 64 hexadecimal digits: of each number its 127ths as a byte.
  package var text: String {
    var digits: [UInt8] = []
    digits.reserveCapacity(2 * Self.count)
    for place in 0..<Self.count {
      let byte = UInt8(bitPattern: Int8((values[place] * Self.steps).rounded()))
      digits.append(Self.digit(byte >> 4))
      digits.append(Self.digit(byte & 15))
    }
    return String(decoding: digits, as: UTF8.self)
  }

  /// Reads `text`; nil where it isn't of that form.
  package init?(text: some StringProtocol) {
    let digits = text.utf8.map(Self.value)
    guard digits.count == 2 * Self.count else { return nil }
    var values = SIMD32<Float>.zero
    for place in 0..<Self.count {
      guard let high = digits[2 * place], let low = digits[2 * place + 1] else { return nil }
      let step = Int8(bitPattern: high << 4 | low)
      guard step >= -127 else { return nil }
      values[place] = Float(step) / Self.steps
    }
    self.init(values: values)
  }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 97...102: digit - 87
    default: nil
    }
  }
}
