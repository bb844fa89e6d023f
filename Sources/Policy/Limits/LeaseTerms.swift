/// When a worker leases, and how much (algorithms §1.5).
package struct LeaseTerms: Equatable, Sendable {
  /// Admissions a second of one group, from all of a replica, from which on it leases; it stops below half as many.
  package var rate: Int64
  /// Milliseconds of admissions that a lease's stock is for.
  package var horizon: Int64 = 200
  /// Milliseconds over which admissions are counted, and after which what is unspent is given back.
  package var window: Int64 = 500
  /// Milliseconds after which the shared state forgets a lease of which it hears nothing.
  package var lifetime: Int64 = 60_000

  package init(rate: Int64 = 200) { self.rate = rate }

  /// All leases of a bucket together hold at most one in so many of its tokens.
  static let part: Int64 = 20
  /// A limit of fewer tokens for each worker of the cluster is never leased.
  static let leastTokens: Int64 = 100
}
