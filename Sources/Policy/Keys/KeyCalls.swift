/// Makes a key's record, or sets its terms anew.
package struct KeyPut: Sendable {
  /// Its key in Redis, and that of the request's mark.
  package let record: String
  package let mark: String
  /// The version that it is to replace; 0: there is none yet.
  package let expected: Int64
  package let terms: KeyTerms

  /// The same `request` again is answered as the first time and changes nothing.
  package init(
    _ id: String, _ terms: KeyTerms, replacing expected: Int64, request: String, in names: KeyNames
  ) {
    precondition(expected >= 0 && expected < KeyRecord.latestVersion, "version \(expected)")
    record = names.record(id)
    mark = names.request(id, request)
    self.expected = expected
    self.terms = terms
  }

  package enum Reply: Equatable, Sendable {
    case stored(version: Int64)
    /// There is another version: 0 means that there is none.
    case otherVersion(Int64)
    /// A key that was revoked never comes back.
    case revoked
    /// It would have expired before this millisecond of Redis' clock, which is now.
    case expired(now: Int64)
  }
}

/// What reading a key's record answers, with Redis' milliseconds.
package struct KeyRead: Equatable, Sendable {
  package let entry: KeyEntry
  package let now: Int64

  package init(entry: KeyEntry, now: Int64) {
    self.entry = entry
    self.now = now
  }
}

/// What revoking answers: the first time and each time after it the same.
package struct KeyRevocation: Equatable, Sendable {
  package let revoked: KeyInstant
  /// Of the record that is revoked.
  package let version: Int64

  package init(revoked: KeyInstant, version: Int64) {
    self.revoked = revoked
    self.version = version
  }
}

/// What happened to keys since an epoch.
package enum KeyChanges: Equatable, Sendable {
  /// These ids changed up to this epoch; `hasMore`: further ones changed behind it.
  case changed([String], epoch: Int64, hasMore: Bool)
  /// Nobody knows what changed since then. All that is known of keys is to be forgotten; this is the epoch now.
  case unknown(epoch: Int64)
}
