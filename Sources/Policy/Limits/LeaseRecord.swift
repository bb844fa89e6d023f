/// What is kept of a lease.
package struct LeaseRecord: Equatable, Sendable {
  package let owner: String
  package let sequence: Int64
  /// Tokens charged since it began, in the order of its buckets.
  package let charged: [Int64]

  package init(owner: String, sequence: Int64, charged: [Int64]) {
    self.owner = owner
    self.sequence = sequence
    self.charged = charged
  }
}
