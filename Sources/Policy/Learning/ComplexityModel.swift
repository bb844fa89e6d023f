/// Says how hard a prompt is by what its words weigh: hashed n-grams under an ordinal logistic regression, calibrated.
///
/// A prompt is read once, up to 16 KiB of it; nothing is allocated.
package struct ComplexityModel: Sendable, Equatable {
  /// So many bits of an n-gram's hash say where its weight stands.
  static let bits = 10...20

  let bits: Int
  /// 2^bits, in multiples of `unit`.
  let grams: [Int8]
  let unit: Double
  /// Of `PromptShape.values`.
  let shape: SIMD8<Double>
  let cuts: OrdinalCuts
  package internal(set) var worth = ClassifierWorth.unknown

  /// Of a text longer than twice this, only as many bytes of its beginning and its end are read.
  package static let edge = NgramScanner.edge

  /// How hard a text of `length` bytes is, 0 to 1: its expected complexity if low counts 0, medium a half and high 1. `text` is all of it,
  /// or its first and last `edge` bytes where it is longer than both; unescaped UTF-8, though anything else has a score too.
  package func score(_ text: UnsafeRawBufferPointer, length: Int) -> Double {
    cuts.chances(at: margin(text, length)).score
  }

  /// How likely `text` has each label.
  package func chances(_ text: String) -> LabelChances {
    var text = text
    return text.withUTF8 { cuts.chances(at: margin(UnsafeRawBufferPointer($0), $0.count)) }
  }

  /// The same of a prompt of which only its features are left, made with so many `bits`: at least as many as this model has.
  func chances(_ features: PromptFeatures, bits: Int) -> LabelChances {
    precondition(bits >= self.bits, "hashes are too short")
    var margin = 0.0
    for (feature, value) in zip(features.indices, features.values) {
      let isGram = feature < 1 << bits
      margin +=
        value * (isGram ? Double(grams[feature >> (bits - self.bits)]) * unit : shape[feature - 1 << bits])
    }
    return cuts.chances(at: margin)
  }

  private func margin(_ text: UnsafeRawBufferPointer, _ length: Int) -> Double {
    let unused = UInt64(64 - bits)
    return grams.withUnsafeBufferPointer { grams in
      var sum = 0
      let found = NgramScanner.pass(over: text, length: length) {
        sum &+= Int(grams[Int(truncatingIfNeeded: $0 >> unused)])
      }
      let words = Double(sum) * unit / Double(max(1, found.grams)).squareRoot()
      return words + (found.values * shape).sum()
    }
  }
}

extension ComplexityModel {
  /// What was learned, calibrated, with n-grams' weights in 255 steps.
  init(_ learner: ProximalLearner, bits: Int, _ scale: OrdinalScale) {
    let weights = (0..<1 << bits).map { learner.weight($0) * scale.slope }
    let largest = weights.reduce(0) { max($0, abs($1)) }
    let unit = largest > 0 ? largest / 127 : 1
    var shape = SIMD8<Double>()
    for position in shape.indices { shape[position] = learner.weight(1 << bits + position) * scale.slope }
    self.init(
      bits: bits, grams: weights.map { Int8(($0 / unit).rounded()) }, unit: unit, shape: shape,
      cuts: scale.cuts)
  }
}
