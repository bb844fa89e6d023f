/// The median of the last few values.
package struct RecentMedian: Sendable {
  private static let window = 31
  private var values: [Int64] = []
  private var next = 0

  package init() {}

  /// Nil until there is a value.
  package var median: Int64? { values.isEmpty ? nil : values.sorted()[values.count / 2] }

  package mutating func add(_ value: Int64) {
    if values.count < Self.window { values.append(value) } else { values[next] = value }
    next = (next + 1) % Self.window
  }
}
