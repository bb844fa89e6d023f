/// The file, `.sycm`: all numbers with their lowest byte first.
///
///     0   "SYCM"
///     4   format, 2
///     5   bits: the file has 2^bits weights of n-grams
///     6   two zeros
///     8   thirteen doubles: how often it was right about prompts that it had not seen, and how often the heuristic was; the cuts for
///         medium and high, the unit of weights, the eight weights of `PromptShape.values`
///     112 the weights, a signed byte each
///     …   a 64-bit checksum of all that is before it
extension ComplexityModel {
  static let version = 2
  private static let magic = Array("SYCM".utf8)
  private static let headBytes = 112
  private static let sumBytes = 8

  package var bytes: [UInt8] {
    var bytes = Self.magic + [UInt8(Self.version), UInt8(bits), 0, 0]
    let numbers =
      [worth.accuracy, worth.heuristic, cuts.medium, cuts.high, unit] + shape.indices.map { shape[$0] }
    for number in numbers { Self.append(number.bitPattern, to: &bytes) }
    bytes += grams.map { UInt8(bitPattern: $0) }
    Self.append(Self.checksum(bytes[...]), to: &bytes)
    return bytes
  }

  /// Reads a file.
  package init(bytes: [UInt8]) throws(ModelFileError) {
    guard bytes.starts(with: Self.magic), bytes.count > Self.headBytes else { throw .foreign }
    guard bytes[4] == Self.version else { throw .version(Int(bytes[4])) }
    let bits = Int(bytes[5])
    guard Self.bits.contains(bits) else { throw .damaged }
    let end = Self.headBytes + 1 << bits
    guard bytes.count == end + Self.sumBytes else {
      throw .size(bytes: bytes.count, expected: end + Self.sumBytes)
    }
    guard Self.checksum(bytes[..<end]) == Self.word(bytes, at: end) else { throw .damaged }
    let numbers = (0..<13).map { Double(bitPattern: Self.word(bytes, at: 8 + 8 * $0)) }
    guard numbers.allSatisfy({ $0.magnitude < 1e9 }), numbers[2] <= numbers[3],
      (0...1).contains(numbers[0]), (0...1).contains(numbers[1])
    else { throw .damaged }
    var shape = SIMD8<Double>()
    for position in shape.indices { shape[position] = numbers[5 + position] }
    self.init(
      bits: bits, grams: bytes[Self.headBytes..<end].map { Int8(bitPattern: $0) }, unit: numbers[4],
      shape: shape, cuts: OrdinalCuts(medium: numbers[2], high: numbers[3]),
      worth: ClassifierWorth(accuracy: numbers[0], heuristic: numbers[1]))
  }

  private static func append(_ word: UInt64, to bytes: inout [UInt8]) {
    for place in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * place))) }
  }

  private static func word(_ bytes: [UInt8], at start: Int) -> UInt64 {
    bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var sum = Fingerprint(UInt64(version))
    bytes.withUnsafeBytes { sum.add($0) }
    return sum.value
  }
}
