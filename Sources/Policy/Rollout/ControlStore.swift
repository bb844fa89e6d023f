/// The registry and the rollouts as Redis keeps them, in memory: the twin of the scripts `control_*.lua`.
///
/// It is the embedded engine and what the simulator runs; a differential test holds it and the scripts together. Times are Redis'
/// milliseconds. A copy of it is a backup: what a Redis has that lost its last writes.
package struct ControlStore: Sendable {
  package enum Value: Equatable, Sendable {
    case text(String)
    case hash([String: String])
    case stream([ControlAudit.Entry])
  }

  package struct Entry: Equatable, Sendable {
    package var value: Value
    /// From this millisecond on there is no such entry; nil: it stays.
    package var expires: Int64?
  }

  package private(set) var entries: [String: Entry] = [:]
  /// What is to be published on `ControlNames.channel`, in order.
  package private(set) var news: [ControlNews] = []
  let names: ControlNames
  let bounds: Bounds

  /// Tests have smaller ones.
  package struct Bounds: Sendable {
    package var asks = ControlAsk.most
    package var bundles = ControlBundle.most

    package init() {}
  }

  package init(_ names: ControlNames, _ bounds: Bounds = Bounds()) {
    (self.names, self.bounds) = (names, bounds)
  }

  /// Takes what is to be published.
  package mutating func takeNews() -> [ControlNews] {
    defer { news = [] }
    return news
  }

  /// Forgets what has expired, which changes no answer.
  package mutating func sweep(now: Int64) {
    entries = entries.filter { $0.value.expires.map { $0 > now } ?? true }
  }

  /// Loses a key, as a Redis may.
  package mutating func forget(_ key: String) { entries[key] = nil }

  /// Has a key as a copy has it: what a Redis brings back that lost its last writes.
  package mutating func restore(_ key: String, from copy: ControlStore) { entries[key] = copy.entries[key] }

  // MARK: One value

  private func value(_ key: String, _ now: Int64) -> Value? {
    guard let entry = entries[key], entry.expires.map({ $0 > now }) ?? true else { return nil }
    return entry.value
  }

  func hash(_ key: String, _ now: Int64) -> [String: String] {
    if case .hash(let fields) = value(key, now) { fields } else { [:] }
  }

  func text(_ key: String, _ now: Int64) -> String? {
    if case .text(let text) = value(key, now) { text } else { nil }
  }

  /// An empty hash isn't there. Without `lifetime` a key is kept as long as it was to be.
  mutating func write(_ fields: [String: String], to key: String, for lifetime: Int64? = nil, now: Int64) {
    let former = entries[key].flatMap { $0.expires }.flatMap { $0 > now ? $0 : nil }
    let expires = lifetime.map { now + $0 } ?? former
    entries[key] = fields.isEmpty ? nil : Entry(value: .hash(fields), expires: expires)
  }

  mutating func write(_ text: String, to key: String, for lifetime: Int64, now: Int64) {
    entries[key] = Entry(value: .text(text), expires: now + lifetime)
  }

  mutating func publish(_ piece: ControlNews) { news.append(piece) }

  // MARK: The audit

  mutating func note(_ audit: ControlAudit, epoch: Int64, version: Int64, now: Int64) {
    var written = stream(now)
    let last = written.last.flatMap { Self.place($0.id) }
    let place = last.map { $0.ms >= now ? ($0.ms, $0.number + 1) : (now, 0) } ?? (now, 0)
    let words = ["epoch", "\(epoch)", "ver", "\(version)"] + audit.words
    written.append(ControlAudit.Entry(id: "\(place.0)-\(place.1)", words: words))
    if written.count > ControlAudit.most { written.removeFirst(written.count - ControlAudit.most) }
    entries[names.audit] = Entry(value: .stream(written), expires: nil)
  }

  /// Lines before one, or the last ones, newest first.
  package func auditTrail(before id: String?, count: Int, now: Int64) -> [ControlAudit.Entry] {
    let lines = stream(now).reversed()
    guard let bound = id.flatMap(Self.place) else { return Array(lines.prefix(count)) }
    return Array(lines.lazy.filter { Self.place($0.id).map { $0 < bound } ?? false }.prefix(count))
  }

  private func stream(_ now: Int64) -> [ControlAudit.Entry] {
    if case .stream(let lines) = value(names.audit, now) { lines } else { [] }
  }

  private static func place(_ id: String) -> (ms: Int64, number: Int64)? {
    let numbers = id.split(separator: "-").compactMap { Int64($0) }
    return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
  }
}
