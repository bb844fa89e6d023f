/// A prompt as training sees it: features with their values, each feature once.
///
/// Features below 2^bits are n-grams, by the first bits of their hashes: how often one occurs, over the square root of all n-grams.
/// Behind them come the eight of `PromptShape`.
struct PromptFeatures: Sendable, Equatable {
  let indices: [Int]
  let values: [Double]
}

extension PromptFeatures {
  /// Of UTF-8 text; so many `bits` of a hash say which feature an n-gram is.
  init(_ text: String, bits: Int) {
    var buckets: [Int] = []
    var text = text
    let shape = text.withUTF8 { bytes in
      NgramScanner.pass(over: UnsafeRawBufferPointer(bytes), length: bytes.count) {
        buckets.append(Int($0 >> UInt64(64 - bits)))
      }
    }
    buckets.sort()
    let share = 1 / Double(max(1, shape.grams)).squareRoot()
    var indices: [Int] = []
    var values: [Double] = []
    for bucket in buckets {
      if indices.last == bucket {
        values[values.count - 1] += share
      } else {
        indices.append(bucket)
        values.append(share)
      }
    }
    let rest = shape.values
    for position in rest.indices where rest[position] != 0 {
      indices.append(1 << bits + position)
      values.append(rest[position])
    }
    self.init(indices: indices, values: values)
  }
}
