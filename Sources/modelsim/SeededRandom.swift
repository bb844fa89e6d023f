/// SplitMix64: small, fast and the same on every machine. Two generators of one seed give one sequence.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  /// The generator of stream `number` under `seed`, independent of its neighbours.
  init(seed: UInt64, stream number: UInt64) {
    state = mixed(seed &+ mixed(number &+ 0x9E37_79B9_7F4A_7C15))
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return mixed(state)
  }

  /// A number in [0, 1).
  mutating func unit() -> Double {
    Double(next() >> 11) * 0x1p-53
  }
}

/// SplitMix64's finaliser: every input bit reaches every output bit.
func mixed(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
