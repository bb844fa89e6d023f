/// Keeps what an evaluation of a registered version came to; of several the last one counts.
package struct ControlEvaluation: Sendable {
  package let model: ControlModel
  package let version: Int64
  package let text: String
  package let audit: ControlAudit

  package static let longest = 16_384

  /// Nil where the text is not one line of at most 16 KB, or the version isn't positive.
  package init?(_ model: ControlModel, version: Int64, text: String, audit: ControlAudit) {
    guard version > 0, ControlRule.isNumber(version), ControlRule.isLine(text, most: Self.longest) else {
      return nil
    }
    (self.model, self.version, self.text, self.audit) = (model, version, text, audit)
  }

  package enum Reply: Equatable, Sendable {
    case kept
    /// No such version is registered.
    case unknown
  }
}
