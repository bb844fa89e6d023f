import Glibc

/// When requests are due: a Poisson process, the same one for the same seed.
struct Arrivals {
  /// The next moment, in nanoseconds from the start.
  private(set) var next: Int64 = 0
  private let meanGap: Double
  private var state: UInt64

  init(perSecond: Double, seed: UInt64) {
    meanGap = 1e9 / perSecond
    state = seed
    advance()
  }

  /// Goes on to the moment after `next`.
  mutating func advance() {
    next += Int64(-log(1 - unit()) * meanGap)
  }

  /// Uniform in [0, 1), by SplitMix64 (Steele, Lea, Flood 2014).
  private mutating func unit() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((mixed ^ (mixed >> 31)) >> 11) * 0x1p-53
  }
}
