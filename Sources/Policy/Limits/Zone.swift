/// A time zone: how far its clocks are from UTC at any instant.
///
/// What is before the first and behind the last change of a TZif file is as RFC 9636 says: the first offset before, the footer's
/// rule behind.
package struct Zone: Sendable, Equatable {
  package let name: String
  /// Offset of the instants before the first change, in seconds east of UTC.
  private let first: Int64
  /// Ascending, each of another offset than the one before it.
  private let changes: [Change]
  /// From `ruled` on.
  private let rule: ZoneRule?
  private let ruled: Int64

  package static let utc = Zone(name: "UTC", table: ZoneTable(first: 0, changes: [], last: .min, rule: nil))

  /// Nil for bytes that are no such file, and for files that count leap seconds.
  ///
  /// - Parameters:
  ///   - name: As people write it: `Europe/Berlin`.
  ///   - tzif: The file of that name (RFC 9636, any version).
  package init?(name: String, tzif: [UInt8]) {
    guard let table = ZoneTable(tzif: tzif) else { return nil }
    self.init(name: name, table: table)
  }

  private init(name: String, table: ZoneTable) {
    self.name = name
    first = table.first
    changes = table.changes
    rule = table.rule
    ruled = table.last
  }

  /// Seconds east of UTC. Instants beyond ±2⁵⁰ s are taken for the nearest within.
  package func offset(at unixSeconds: Int64) -> Int64 { stretch(at: unixSeconds).offset }

  /// The offset at an instant and how long it holds; two stretches beside each other may have the same offset.
  func stretch(at instant: Int64) -> ZoneStretch {
    let instant = max(-Self.horizon, min(Self.horizon, instant))
    guard let rule, instant >= ruled else { return tabled(instant) }
    var stretch = rule.stretch(at: instant)
    stretch.starts = max(stretch.starts, ruled)
    return stretch
  }

  private static let horizon: Int64 = 1 << 50

  private func tabled(_ instant: Int64) -> ZoneStretch {
    var (low, high) = (0, changes.count)
    while low < high {
      let middle = (low + high) / 2
      if changes[middle].at <= instant { low = middle + 1 } else { high = middle }
    }
    let end = low < changes.count ? changes[low].at : .max
    return ZoneStretch(
      starts: low == 0 ? .min : changes[low - 1].at,
      ends: rule == nil ? end : min(end, ruled),
      offset: low == 0 ? first : changes[low - 1].offset)
  }

  /// From `at` on, clocks are `offset` seconds east of UTC.
  struct Change: Hashable, Sendable {
    var at: Int64
    var offset: Int64
  }
}

/// Instants from `starts` to before `ends`, in seconds, whose offset is the same.
struct ZoneStretch: Equatable, Sendable {
  var starts: Int64
  var ends: Int64
  var offset: Int64
}

extension Zone: CustomStringConvertible {
  package var description: String { name }
}

extension Zone: Hashable {
  /// Zones of one name are nearly always equal, and their tables are long.
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
