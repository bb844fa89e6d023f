/// Whether counts are as their shares say, however often one looks: the sequential multinomial test.
///
/// (Lindon and Malek, "Anytime-valid inference for multinomial count data", 2022: the Bayes factor of a Dirichlet prior around the shares
/// is a martingale where they are true, so that it ever reaches 1/p with a probability of p at most.)
package enum ShareTest {
  /// How many observations the prior is worth: about such differences are found soonest as are usual among so many.
  private static let weight = 1_000.0

  /// At most so probable is it, if the shares are true, that counts are ever as uneven as these. Shares are positive, of any sum.
  package static func probability(_ observed: [Int64], shares: [Double]) -> Double {
    min(1, Elementary.exp(-logFactor(observed, shares: shares)))
  }

  /// ln of how much better the prior explains the counts than the shares do.
  private static func logFactor(_ observed: [Int64], shares: [Double]) -> Double {
    precondition(observed.count == shares.count && shares.allSatisfy { $0 > 0 }, "each count has a share")
    let (whole, total) = (shares.reduce(0, +), observed.reduce(0.0) { $0 + Double($1) })
    let start = logGamma(weight) - logGamma(weight + total)
    return zip(observed, shares).reduce(start) { sum, pair in
      let (count, share) = (Double(pair.0), pair.1 / whole)
      let prior = weight * share
      return sum + logGamma(prior + count) - logGamma(prior) - count * Elementary.log(share)
    }
  }

  /// ln Γ(x) for x > 0, by Stirling's series from 10 on. (Abramowitz and Stegun, 6.1.41.)
  static func logGamma(_ x: Double) -> Double {
    if x < 10 { return logGamma(x + 1) - Elementary.log(x) }
    let square = x * x
    let series = (1 / 12.0 - (1 / 360.0 - (1 / 1_260.0 - 1 / (1_680 * square)) / square) / square) / x
    return (x - 0.5) * Elementary.log(x) - x + 0.5 * Elementary.log(2 * .pi) + series
  }
}
