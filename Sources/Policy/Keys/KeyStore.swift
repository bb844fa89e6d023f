/// The records of virtual keys as Redis keeps them, in memory: the twin of the scripts `key_*.lua`.
///
/// A differential test holds it and the scripts together. Times are Redis' milliseconds.
package struct KeyStore: Sendable {
  package enum Value: Equatable, Sendable {
    case text(String)
    case hash([String: String])
    /// A sorted set: members with their scores.
    case scores([String: Int64])
  }

  package struct Entry: Equatable, Sendable {
    package var value: Value
    /// From this millisecond on there is no such entry; nil: it stays.
    package var expires: Int64?
  }

  package private(set) var entries: [String: Entry] = [:]
  private let names: KeyNames

  /// Milliseconds that a key's record is kept behind its expiry.
  package static let grace: Int64 = 30 * 86_400_000
  /// Milliseconds that a request's mark is kept.
  static let markLifetime: Int64 = 600_000
  /// Changes that are remembered.
  package static let mostChanges = 10_000
  /// Changes that are told at a time.
  package static let mostTold = 1_000

  private let mostChanges: Int
  private let mostTold: Int

  /// The bounds are arguments for tests.
  package init(_ names: KeyNames, mostChanges: Int = mostChanges, mostTold: Int = mostTold) {
    self.names = names
    self.mostChanges = mostChanges
    self.mostTold = mostTold
  }

  // MARK: Records

  package mutating func put(_ put: KeyPut, now: Int64) -> KeyPut.Reply {
    if case .text(let text) = value(put.mark, now), let version = Int64(text) {
      return .stored(version: version)
    }
    let former = hash(put.record, now)
    let version = former["version"].flatMap(Int64.init) ?? 0
    if former["revoked"] != nil { return .revoked }
    if version != put.expected { return .otherVersion(version) }
    let expires = put.terms.expires
    if let expires, expires.milliseconds <= now { return .expired(now: now) }
    var fields = Dictionary(put.terms.fields.map { ($0.name, $0.value) }) { first, _ in first }
    let instant = KeyInstant(milliseconds: now).description
    fields["version"] = String(version + 1)
    fields["created"] = former["created"] ?? instant
    fields["changed"] = instant
    fields["expires"] = expires?.description
    entries[put.record] = Entry(value: .hash(fields), expires: expires.map { $0.milliseconds + Self.grace })
    entries[put.mark] = Entry(value: .text(String(version + 1)), expires: now + Self.markLifetime)
    return .stored(version: version + 1)
  }

  /// The fields of a record, none where there is none; `KeyEntry` reads them.
  package func fields(_ record: String, now: Int64) -> [String: String] { hash(record, now) }

  /// Revokes a key for ever, whether there is a record of it or not. Nil where a value stands that no script wrote.
  package mutating func revoke(_ record: String, now: Int64) -> KeyRevocation? {
    var fields = hash(record, now)
    let version = fields["version"].flatMap(Int64.init) ?? 0
    if let text = fields["revoked"] {
      return KeyInstant(text).map { KeyRevocation(revoked: $0, version: version) }
    }
    let instant = KeyInstant(milliseconds: now)
    fields["version"] = String(version + 1)
    fields["revoked"] = instant.description
    let expires = entries[record].flatMap { $0.expires }.flatMap { $0 > now ? $0 : nil }
    entries[record] = Entry(value: .hash(fields), expires: expires)
    return KeyRevocation(revoked: instant, version: version + 1)
  }

  // MARK: Changes

  /// Notes that a key has changed, and returns the epoch of the change. Told twice it changed twice, which does no harm: so it
  /// needs no id.
  package mutating func note(_ id: String, isListed: Bool, now: Int64) -> Int64 {
    let (former, floor) = epochs(now)
    let epoch = max(former + 1, now)
    var changes = scores(names.changes, now)
    changes[id] = epoch
    var complete = former == 0 ? epoch - 1 : floor
    while changes.count > mostChanges, let oldest = changes.min(by: { $0.value < $1.value }) {
      changes[oldest.key] = nil
      complete = oldest.value
    }
    entries[names.changes] = Entry(value: .scores(changes))
    entries[names.epoch] = Entry(value: .text("\(epoch) \(complete)"))
    var ids = scores(names.ids, now)
    ids[id] = isListed ? 0 : nil
    entries[names.ids] = ids.isEmpty ? nil : Entry(value: .scores(ids))
    return epoch
  }

  /// What changed since an epoch, which is 0 for who has seen none.
  package func changes(since last: Int64, now: Int64) -> KeyChanges {
    let (epoch, floor) = epochs(now)
    if epoch == 0 { return last == 0 ? .changed([], epoch: 0, hasMore: false) : .unknown(epoch: 0) }
    if last < floor || last > epoch { return .unknown(epoch: epoch) }
    let later = scores(names.changes, now).filter { $0.value > last }.sorted { $0.value < $1.value }
    let told = later.prefix(mostTold)
    let reached = told.count == mostTold ? told.last?.value ?? epoch : epoch
    return .changed(told.map(\.key), epoch: reached, hasMore: reached < epoch)
  }

  /// Ids behind `last` in the order of their bytes; empty begins. Fewer than `count`: the end.
  package func list(after last: String, count: Int, now: Int64) -> [String] {
    let ids = scores(names.ids, now).keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return Array(ids.drop { !last.utf8.lexicographicallyPrecedes($0.utf8) }.prefix(count))
  }

  /// Sets the secret of the ids' checks unless there is one, and returns the one in force.
  package mutating func secret(_ proposal: String, now: Int64) -> String {
    if case .text(let secret) = value(names.secret, now) { return secret }
    entries[names.secret] = Entry(value: .text(proposal))
    return proposal
  }

  /// Forgets what has expired, which changes no answer.
  package mutating func sweep(now: Int64) {
    entries = entries.filter { $0.value.expires.map { $0 > now } ?? true }
  }

  // MARK: One value

  private func value(_ key: String, _ now: Int64) -> Value? {
    guard let entry = entries[key], entry.expires.map({ $0 > now }) ?? true else { return nil }
    return entry.value
  }

  private func hash(_ key: String, _ now: Int64) -> [String: String] {
    if case .hash(let fields) = value(key, now) { fields } else { [:] }
  }

  private func scores(_ key: String, _ now: Int64) -> [String: Int64] {
    if case .scores(let scores) = value(key, now) { scores } else { [:] }
  }

  /// Zero where nothing has ever changed.
  private func epochs(_ now: Int64) -> (epoch: Int64, floor: Int64) {
    guard case .text(let text) = value(names.epoch, now) else { return (0, 0) }
    let numbers = text.split(separator: " ").compactMap { Int64($0) }
    return numbers.count == 2 ? (numbers[0], numbers[1]) : (0, 0)
  }
}
