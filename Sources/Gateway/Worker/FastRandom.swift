/// Random numbers for choices that no one gains by foreseeing (ties, jitter, request ids): wyrand, seeded by the system.
struct FastRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64 = .random(in: 0...UInt64.max)) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0xA076_1D64_78BD_642F
    let product = state.multipliedFullWidth(by: state ^ 0xE703_7ED1_A0B4_28DB)
    return product.high ^ product.low
  }
}
