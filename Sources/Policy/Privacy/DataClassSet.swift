/// Classes of data that a request has, by their positions among the configured ones.
package struct DataClassSet: OptionSet, Sendable, Hashable {
  package let rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Classes of data that a configuration may have.
  package static let most = 64
}
