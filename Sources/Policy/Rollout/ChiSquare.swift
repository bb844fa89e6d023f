/// Pearson's χ²: whether counts are as their shares say.
package enum ChiSquare {
  /// Σ (observed − expected)² / expected, with one degree of freedom less than there are counts. Shares are positive, of any sum.
  package static func statistic(_ observed: [Int64], shares: [Double]) -> Double {
    precondition(observed.count == shares.count && shares.allSatisfy { $0 > 0 }, "each count has a share")
    let (total, whole) = (observed.reduce(0.0) { $0 + Double($1) }, shares.reduce(0, +))
    guard total > 0 else { return 0 }
    return zip(observed, shares).reduce(0) { sum, pair in
      let expected = total * pair.1 / whole
      return sum + (Double(pair.0) - expected) * (Double(pair.0) - expected) / expected
    }
  }

  /// The probability of counts that are at least as far from their shares, if the shares are true.
  package static func probability(_ observed: [Int64], shares: [Double]) -> Double {
    tail(statistic(observed, shares: shares), degrees: observed.count - 1)
  }

  /// P(χ² ≥ x) with 0 or more degrees of freedom k: Q(k/2, x/2), the regularized upper incomplete gamma function, upwards from
  /// Q(½, h) = erfc √h or Q(1, h) = e⁻ʰ by Q(a + 1, h) = Q(a, h) + hᵃe⁻ʰ/Γ(a + 1). All terms are positive, so none is lost.
  /// (Abramowitz and Stegun, 26.4.4 and 26.4.5.)
  package static func tail(_ x: Double, degrees: Int) -> Double {
    guard x > 0, degrees > 0 else { return 1 }
    let h = x / 2
    let isOdd = degrees % 2 == 1
    var sum = isOdd ? complementOfErrorFunction(h.squareRoot()) : Elementary.exp(-h)
    // hᵃe⁻ʰ/Γ(a + 1), its logarithm: the factors alone may be beyond any number.
    var a = isOdd ? 0.5 : 1
    var term = a * Elementary.log(h) - h - (isOdd ? 0.5 * Elementary.log(.pi) - Elementary.log(2) : 0)
    for _ in 0..<(degrees - 1) / 2 {
      sum += Elementary.exp(term)
      a += 1
      term += Elementary.log(h / a)
    }
    return min(1, sum)
  }

  /// erfc x for x ≥ 0: below 2 by the series of erf, else by the continued fraction of erfc, from its far end.
  static func complementOfErrorFunction(_ x: Double) -> Double {
    let density = Elementary.exp(-x * x) / Double.pi.squareRoot()
    guard x < 2 else {
      let fraction = stride(from: 60, to: 0, by: -1).reduce(x) { x + Double($1) / 2 / $0 }
      return density / fraction
    }
    var (term, sum, k) = (x, x, 0.0)
    while term > sum * 1e-17 {
      k += 1
      term *= 2 * x * x / (2 * k + 1)
      sum += term
    }
    return 1 - 2 * density * sum
  }
}
