/// A number of bytes.
package struct Bytes: Sendable, Hashable, Comparable {
  package var count: Int
  package init(_ count: Int) { self.count = count }
  package static func < (a: Bytes, b: Bytes) -> Bool { a.count < b.count }
}
