/// Some of the configured data classes, by their positions in the configuration. What a request has can only grow.
package struct DataClassSet: OptionSet, Sendable, Hashable {
  /// Classes that there can be.
  package static let most = 64

  package let rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The class at a position of the configuration; the position is below `most`.
  package init(position: Int) {
    precondition((0..<Self.most).contains(position), "there is no data class \(position)")
    rawValue = 1 << UInt64(position)
  }

  /// In the order of the configuration.
  package var positions: [Int] { (0..<Self.most).filter { rawValue >> UInt64($0) & 1 == 1 } }
}
