/// What a TZif file holds (RFC 9636): the changes of offset and the rule behind them.
struct ZoneTable {
  /// Seconds east of UTC before the first change.
  var first: Int64
  var changes: [Zone.Change]
  /// The file's last change, whether or not it changed the offset; the least integer where there is none.
  var last: Int64
  /// What holds from `last` on; nil where that is the last offset for ever.
  var rule: ZoneRule?

  init(first: Int64, changes: [Zone.Change], last: Int64, rule: ZoneRule?) {
    (self.first, self.changes, self.last, self.rule) = (first, changes, last, rule)
  }

  /// Nil for bytes that are no TZif file, and for tables with leap seconds: their seconds aren't Unix seconds.
  init?(tzif: [UInt8]) {
    var bytes = ZoneBytes(tzif)
    guard let old = bytes.header() else { return nil }
    if old.version == 0 {
      guard let table = bytes.table(old, timeSize: 4) else { return nil }
      self = table
      return
    }
    guard bytes.skip(old.size(timeSize: 4)), let new = bytes.header(), new.version >= UInt8(ascii: "2"),
      var table = bytes.table(new, timeSize: 8), let footer = bytes.footer()
    else { return nil }
    if !footer.isEmpty {
      guard let rule = ZoneRule(posix: footer) else { return nil }
      table.rule = rule
    }
    self = table
  }
}

/// A position in a TZif file. Everything is nil where the bytes end too soon.
private struct ZoneBytes {
  struct Header {
    var version: UInt8
    var utCount, standardCount, leapCount, timeCount, typeCount, letterCount: Int

    /// Bytes of the block behind this header.
    func size(timeSize: Int) -> Int {
      timeCount * (timeSize + 1) + typeCount * 6 + letterCount + leapCount * (timeSize + 4) + standardCount
        + utCount
    }
  }

  /// Offsets beyond this are no time zone's, in seconds.
  private static let widest: Int64 = 93_600

  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  mutating func skip(_ count: Int) -> Bool {
    guard count <= rest.count else { return false }
    rest = rest.dropFirst(count)
    return true
  }

  mutating func header() -> Header? {
    guard rest.starts(with: "TZif".utf8), skip(4), let version = rest.popFirst(), skip(15) else { return nil }
    var counts: [Int] = []
    for _ in 0..<6 {
      guard let count = integer(4), count >= 0 else { return nil }
      counts.append(Int(count))
    }
    return Header(
      version: version, utCount: counts[0], standardCount: counts[1], leapCount: counts[2],
      timeCount: counts[3], typeCount: counts[4], letterCount: counts[5])
  }

  /// The block behind `header`, without a rule.
  mutating func table(_ header: Header, timeSize: Int) -> ZoneTable? {
    guard header.size(timeSize: timeSize) <= rest.count, header.leapCount == 0, header.typeCount > 0,
      let times = times(header.timeCount, size: timeSize),
      let types = take(header.timeCount), let offsets = offsets(header.typeCount),
      types.allSatisfy({ $0 < header.typeCount }),
      skip(header.letterCount + header.standardCount + header.utCount)
    else { return nil }
    var changes: [Zone.Change] = []
    for (time, type) in zip(times, types) where offsets[Int(type)] != (changes.last?.offset ?? offsets[0]) {
      changes.append(Zone.Change(at: time, offset: offsets[Int(type)]))
    }
    return ZoneTable(first: offsets[0], changes: changes, last: times.last ?? .min, rule: nil)
  }

  /// The text between the two line feeds at the end; nil where there are none.
  mutating func footer() -> ArraySlice<UInt8>? {
    guard rest.popFirst() == UInt8(ascii: "\n"), let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
      return nil
    }
    return rest[..<end]
  }

  private mutating func times(_ count: Int, size: Int) -> [Int64]? {
    var times: [Int64] = []
    for _ in 0..<count {
      guard let time = integer(size), times.last.map({ $0 < time }) ?? true else { return nil }
      times.append(time)
    }
    return times
  }

  /// Of each type: offset, whether it is daylight saving time, index of its name.
  private mutating func offsets(_ count: Int) -> [Int64]? {
    var offsets: [Int64] = []
    for _ in 0..<count {
      guard let offset = integer(4), abs(offset) <= Self.widest, skip(2) else { return nil }
      offsets.append(offset)
    }
    return offsets
  }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    let bytes = rest.prefix(count)
    return skip(count) ? bytes : nil
  }

  /// Big-endian, with a sign.
  private mutating func integer(_ size: Int) -> Int64? {
    guard let bytes = take(size) else { return nil }
    let bits = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return size == 4 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits)
  }
}
