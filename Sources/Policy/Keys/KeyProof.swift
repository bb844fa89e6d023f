/// What a key must be to be the one of a record, and until when: all that a decision needs.
package struct KeyProof: Equatable, Sendable {
  package let digest: KeyDigest
  package let former: KeyTerms.Former?
  package let expires: KeyInstant?

  /// Whether a key of this digest is the one, at a millisecond of Redis' clock.
  package func accepts(_ digest: KeyDigest, at milliseconds: Int64) -> Bool {
    if digest == self.digest { return true }
    guard let former, milliseconds < former.until.milliseconds else { return false }
    return digest == former.digest
  }

  package func isExpired(at milliseconds: Int64) -> Bool {
    expires.map { milliseconds >= $0.milliseconds } ?? false
  }
}

extension KeyTerms {
  package var proof: KeyProof { KeyProof(digest: digest, former: former, expires: expires) }
}
