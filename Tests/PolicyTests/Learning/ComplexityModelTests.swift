import Testing

@testable import Policy

/// Predictions and the file that they come from.
struct ComplexityModelTests {
  /// Weights of all sizes, by chance.
  static func model(bits: Int = 10, seed: UInt64 = 1) -> ComplexityModel {
    var chance = Chance(seed: seed)
    let grams = (0..<1 << bits).map { _ in Int8(truncatingIfNeeded: chance.below(256)) }
    var shape = SIMD8<Double>()
    for position in shape.indices { shape[position] = Double(chance.below(2_000) - 1_000) / 1_000 }
    return ComplexityModel(
      bits: bits, grams: grams, unit: 0.02, shape: shape, cuts: OrdinalCuts(medium: -0.4, high: 0.9),
      worth: ClassifierWorth(accuracy: 0.625, heuristic: 0.5))
  }

  /// The same sum over a dictionary of n-grams, term by term.
  private static func plainScore(_ model: ComplexityModel, _ text: String) -> Double {
    var counts: [Int: Double] = [:]
    let hashes = NgramScannerTests.plainHashes(text)
    for hash in hashes { counts[Int(hash / (1 << UInt64(64 - model.bits))), default: 0] += 1 }
    var margin = 0.0
    for (bucket, count) in counts {
      margin += Double(model.grams[bucket]) * model.unit * count / Double(hashes.count).squareRoot()
    }
    let values = NgramScannerTests.scan(Array(text.utf8)).shape.values
    for position in values.indices { margin += values[position] * model.shape[position] }
    return 0.5 / (1 + Elementary.exp(model.cuts.medium - margin))
      + 0.5 / (1 + Elementary.exp(model.cuts.high - margin))
  }

  @Test(arguments: [
    "hi", "Prove that there are infinitely many primes, and explain why each step holds.",
    "SELECT a, b FROM t WHERE a = 7;\nWhat does this do?", "请证明素数有无穷多个。", "Wie spät ist es in Tokio?",
  ])
  func aScoreIsThatOfAPlainReference(text: String) {
    let model = Self.model()
    var copy = text
    let score = copy.withUTF8 { model.score(UnsafeRawBufferPointer($0), length: $0.count) }
    #expect(abs(score - Self.plainScore(model, text)) < 1e-12)
    #expect(model.chances(text).score == score)
  }

  @Test func ofALongTextTheEdgesAreEnough() {
    let (model, edge) = (Self.model(), ComplexityModel.edge)
    let text = Array(String(repeating: "Prove that 7 > 3, or why not? ", count: 1_000).utf8)
    let edges = Array(text.prefix(edge) + text.suffix(edge))
    let whole = text.withUnsafeBytes { model.score($0, length: text.count) }
    #expect(edges.withUnsafeBytes { model.score($0, length: text.count) } == whole)
    #expect(edges.withUnsafeBytes { model.score($0, length: edges.count) } != whole, "its length counts")
  }

  @Test func anEmptyPromptHasAScore() {
    #expect((0...1).contains(Self.model().chances("").score))
  }

  @Test func aFileIsReadBack() throws {
    for bits in [10, 13] {
      let model = Self.model(bits: bits)
      #expect(model.bytes.count == 112 + 1 << bits + 8)
      #expect(try ComplexityModel(bytes: model.bytes) == model)
    }
  }

  @Test func everyDamagedByteIsRefused() {
    let bytes = Self.model().bytes
    for position in bytes.indices {
      for damage: UInt8 in [0x01, 0x80, 0xff] {
        var damaged = bytes
        damaged[position] ^= damage
        let model = try? ComplexityModel(bytes: damaged)
        if model != nil { Issue.record("byte \(position) with \(damage) changed is read") }
      }
    }
  }

  @Test func everyCutFileIsRefused() {
    let bytes = Self.model().bytes
    for count in 0..<bytes.count where (try? ComplexityModel(bytes: Array(bytes.prefix(count)))) != nil {
      Issue.record("\(count) bytes are read")
    }
    #expect(throws: ModelFileError.size(bytes: bytes.count + 1, expected: bytes.count)) {
      try ComplexityModel(bytes: bytes + [0])
    }
  }

  @Test func errorsSayWhatIsWrong() {
    var bytes = Self.model().bytes
    #expect(throws: ModelFileError.foreign) { try ComplexityModel(bytes: Array("{}".utf8)) }
    bytes[200] ^= 1
    #expect(throws: ModelFileError.damaged) { try ComplexityModel(bytes: bytes) }
    bytes[4] = 9
    let error = #expect(throws: ModelFileError.self) { try ComplexityModel(bytes: bytes) }
    #expect(error?.description == "the model's format is 9, this release reads 2: train it anew")
  }

  @Test func numbersThatNoTrainingMakesAreRefused() {
    let model = Self.model()
    func refuses(
      _ unit: Double, _ cuts: OrdinalCuts, _ accuracy: Double = 0.6, _ heuristic: Double = 0.4
    ) -> Bool {
      let worth = ClassifierWorth(accuracy: accuracy, heuristic: heuristic)
      let bytes = ComplexityModel(
        bits: model.bits, grams: model.grams, unit: unit, shape: model.shape, cuts: cuts, worth: worth
      ).bytes
      return (try? ComplexityModel(bytes: bytes)) == nil
    }
    #expect(refuses(.nan, model.cuts) && refuses(.infinity, model.cuts))
    #expect(refuses(0.02, OrdinalCuts(medium: 1, high: -1)))
    #expect(refuses(0.02, model.cuts, 1.01) && refuses(0.02, model.cuts, 0.6, -0.1))
    #expect(!refuses(0.02, model.cuts) && !refuses(0.02, model.cuts, 1, 0))
  }
}
