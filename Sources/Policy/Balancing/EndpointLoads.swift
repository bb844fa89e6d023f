/// How many requests one replica has in flight at each endpoint: `gpus/10.0.0.5:8000=3;gpus/10.0.0.6:8000=5`.
///
/// Endpoints without any are left out, so that what is told is short.
package struct EndpointLoads: Equatable, Sendable {
  package private(set) var counts: [String: Int]

  /// Counts below 1 are left out.
  package init(_ counts: [String: Int] = [:]) { self.counts = counts.filter { $0.value > 0 } }

  package subscript(endpoint: String) -> Int { counts[endpoint, default: 0] }

  /// Sorted by name.
  package var text: String {
    counts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ";")
  }

  /// Reads `text`; parts that aren't of that form are passed over, as one that nobody understands must not hide the others.
  package init(_ text: some StringProtocol) {
    counts = [:]
    for part in text.split(separator: ";") {
      guard let mark = part.lastIndex(of: "="), mark > part.startIndex,
        let count = Int(part[part.index(after: mark)...]), count > 0, count < 1 << 31
      else { continue }
      counts[String(part[..<mark])] = count
    }
  }
}
