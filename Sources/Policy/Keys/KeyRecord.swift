/// A virtual key as Redis keeps it: a hash of short texts.
package struct KeyRecord: Equatable, Sendable {
  package var terms: KeyTerms
  /// 1 for a new key, one more with each change.
  package var version: Int64
  package var created: KeyInstant
  /// When its terms were last set.
  package var changed: KeyInstant
  /// From then on it is refused, for ever.
  package var revoked: KeyInstant?

  package init(
    terms: KeyTerms, version: Int64, created: KeyInstant, changed: KeyInstant, revoked: KeyInstant? = nil
  ) {
    self.terms = terms
    self.version = version
    self.created = created
    self.changed = changed
    self.revoked = revoked
  }

  /// Versions stay exact in Lua's doubles.
  static let latestVersion: Int64 = 1 << 52
}

/// What stands where a key's record would.
package enum KeyEntry: Equatable, Sendable {
  case none
  case record(KeyRecord)
  /// Revoked, and nothing more is known of it: a key of the configuration, or one that was never made.
  case tombstone(revoked: KeyInstant, version: Int64)

  /// Reads the hash; throws what makes it none that a script wrote. Fields that are not known are passed over.
  package init(fields: [String: String]) throws(KeyRecordError) {
    guard !fields.isEmpty else {
      self = .none
      return
    }
    guard let text = fields["version"], let version = Int64(text), version > 0 else {
      throw KeyRecordError("version", "is missing, or no positive number")
    }
    let revoked = try KeyTerms.instant(fields, "revoked")
    guard let created = try KeyTerms.instant(fields, "created") else {
      guard let revoked else { throw KeyRecordError("created", "is missing") }
      self = .tombstone(revoked: revoked, version: version)
      return
    }
    self = .record(
      KeyRecord(
        terms: try KeyTerms(fields: fields), version: version, created: created,
        changed: try KeyTerms.instant(fields, "changed") ?? created, revoked: revoked))
  }
}
