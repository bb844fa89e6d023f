/// A value that is never printed: describing it in any way gives `***`.
package struct Secret: Sendable {
  /// Where the document has it from; what printing gives back in its place.
  package enum Source: Sendable {
    /// Written out in the document: printed as `***`.
    case literal
    /// As written, with its `${VAR}`: `Bearer-${KEY}` prints as that.
    case environment(String)
    /// Read from this file.
    case file(String)
  }

  /// The secret itself, for the one place that sends it.
  package let revealed: String
  package let source: Source

  package init(_ revealed: String, source: Source = .literal) {
    self.revealed = revealed
    self.source = source
  }
}

/// Equal secrets are equal wherever they came from: a reload that only moves a key changes nothing.
extension Secret: Hashable {
  package static func == (a: Secret, b: Secret) -> Bool { a.revealed == b.revealed }
  package func hash(into hasher: inout Hasher) { hasher.combine(revealed) }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "***" }
  package var debugDescription: String { "***" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
