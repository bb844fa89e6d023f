/// Whose exchange it was that says something of a candidate. The raw value begins its counts' names.
package enum EvidenceArm: String, Sendable, CaseIterable {
  /// Of what the candidate is tried against.
  case baseline = "b"
  case canary = "c"
  /// A copy that the candidate got, whose answer nobody saw.
  case shadow = "s"
}
