/// Asks that what one worker has charged to a group of buckets ahead of its exchanges be so much (algorithms §1.5).
///
/// The figures are sums since the lease began, not differences: the same call again, or one whose reply was lost, changes nothing.
package struct LeaseCall: Equatable, Sendable {
  /// One bucket, in tokens: whole numbers that a lease keeps below 2^51 or so.
  package struct Part: Equatable, Sendable {
    package let key: String
    package let rule: Bucket.Rule
    /// What was charged as far as the worker knows: counts only where the shared state has forgotten the lease.
    package let before: Int64
    /// What exchanges have spent or reserved: charged in any case.
    package let used: Int64
    /// The same and a stock for those to come; never less.
    package let wanted: Int64

    package init(key: String, rule: Bucket.Rule, before: Int64, used: Int64, wanted: Int64) {
      precondition(used >= 0 && wanted >= used, "a lease of \(wanted), \(used) used")
      self.key = key
      self.rule = rule
      self.before = before
      self.used = used
      self.wanted = wanted
    }
  }

  /// Where the lease is kept: `sy:{t:acme}:lease:<id>`.
  package let record: String
  /// The replica, for people who look.
  package let owner: String
  /// Grows with each call of a lease; a call that comes behind a later one does nothing.
  package let sequence: Int64
  /// Milliseconds after which a lease of which nothing is heard is forgotten. What it had charged stays charged.
  package let lifetime: Int64
  package let parts: [Part]

  package init(record: String, owner: String, sequence: Int64, lifetime: Int64, parts: [Part]) {
    self.record = record
    self.owner = owner
    self.sequence = sequence
    self.lifetime = lifetime
    self.parts = parts
  }

  package enum Reply: Equatable, Sendable {
    /// Charged as wanted; what each bucket has left.
    case granted(left: [Int64])
    /// Some bucket would have less than a fifth left: no more than before is charged, but what was used.
    case refused(left: [Int64])
    /// A later call was first; nothing was changed.
    case late
  }
}
