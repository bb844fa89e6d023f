/// A stream of random numbers for choices that no one gains by foreseeing (ties, shares, jitter, request ids): wyrand.
///
/// An argument wherever chance decides, like time; the same seed gives the same choices. A concrete type, so that decisions on the
/// path of every request are compiled for it.
package struct Chance: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0xA076_1D64_78BD_642F
    let product = state.multipliedFullWidth(by: state ^ 0xE703_7ED1_A0B4_28DB)
    return product.high ^ product.low
  }

  /// A number in `0..<bound`, each equally likely but for 2⁻⁶⁴ · bound.
  package mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "there is no number below \(bound)")
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }
}
