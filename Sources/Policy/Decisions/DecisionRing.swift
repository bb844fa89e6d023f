/// What a replica alone keeps of its last decisions: so many bytes and no more, the oldest goes first.
package struct DecisionRing: Sendable {
  private struct Entry: Sendable {
    var text: [UInt8]
    var until: Int64
    var number: Int
  }

  /// Bytes that an entry takes besides its text and its id, roughly.
  private static let overhead = 256

  private let limit: Int
  private var entries: [String: Entry] = [:]
  /// In the order in which they came; those that were replaced are still listed.
  private var order: [(id: String, number: Int)] = []
  private var first = 0
  private var number = 0
  /// Held now.
  package private(set) var bytes = 0

  /// `limit` in bytes.
  package init(limit: Int) { self.limit = limit }

  /// Keeps a text under its request's id until a time; the one before it under the same id is gone. Times are milliseconds of any clock.
  package mutating func keep(_ text: [UInt8], of id: String, until: Int64, now: Int64) {
    forget(id)
    number += 1
    entries[id] = Entry(text: text, until: until, number: number)
    order.append((id, number))
    bytes += Self.size(id, text)
    makeRoom(now)
  }

  /// Nil where there is none any more.
  package func text(of id: String, now: Int64) -> [UInt8]? {
    entries[id].flatMap { $0.until > now ? $0.text : nil }
  }

  /// Forgets the oldest ones, as far as their time is over.
  package mutating func sweep(now: Int64) { makeRoom(now) }

  private mutating func makeRoom(_ now: Int64) {
    while first < order.count {
      let oldest = order[first]
      if let entry = entries[oldest.id], entry.number == oldest.number {
        guard bytes > limit || entry.until <= now else { break }
        forget(oldest.id)
      }
      first += 1
    }
    guard order.count > 2 * entries.count + 1_024 else { return }
    order = order[first...].filter { entries[$0.id]?.number == $0.number }
    first = 0
  }

  private mutating func forget(_ id: String) {
    guard let entry = entries.removeValue(forKey: id) else { return }
    bytes -= Self.size(id, entry.text)
  }

  private static func size(_ id: String, _ text: [UInt8]) -> Int { id.utf8.count + text.count + overhead }
}
