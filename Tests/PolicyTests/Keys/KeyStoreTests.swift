import Policy
import Testing

/// What keeping keys means; that the scripts mean the same is `KeyTwinTests`' business.
struct KeyStoreTests {
  private static let names = KeyNames(prefix: "sy")
  private static let day: Int64 = 86_400_000

  private static func put(
    _ request: String, _ id: String = "k", replacing version: Int64 = 0, tenant: String = "t",
    expires: KeyInstant? = nil
  ) throws -> KeyPut {
    let digest = try #require(KeyDigest(Array(repeating: 1, count: 32)))
    return KeyPut(
      id, try KeyTerms(digest: digest, tenant: tenant, expires: expires), replacing: version,
      request: request,
      in: names)
  }

  private static func record(_ store: KeyStore, _ id: String = "k", now: Int64 = 0) throws -> KeyRecord? {
    guard case .record(let record) = try KeyEntry(fields: store.fields(names.record(id), now: now)) else {
      return nil
    }
    return record
  }

  @Test func namesAreOfOneTagEach() {
    #expect(Self.names.record("ab") == "sy:{k:ab}:key" && Self.names.request("ab", "r") == "sy:{k:ab}:req:r")
    let shared = [Self.names.changes, Self.names.epoch, Self.names.ids, Self.names.secret]
    #expect(shared.allSatisfy { $0.hasPrefix("sy:{keys}:") } && Set(shared).count == 4)
    #expect(KeyNames(prefix: "x").channel == "x:ev:keys")
  }

  @Test func aKeyIsMadeOnce() throws {
    var store = KeyStore(Self.names)
    #expect(store.put(try Self.put("r1"), now: 5_000) == .stored(version: 1))
    #expect(store.put(try Self.put("r2"), now: 6_000) == .otherVersion(1))
    #expect(try Self.record(store)?.created.seconds == 5)
  }

  @Test func theSameRequestChangesNothingAndIsAnsweredAlike() throws {
    var store = KeyStore(Self.names)
    _ = store.put(try Self.put("r1"), now: 0)
    let before = store.entries
    #expect(store.put(try Self.put("r1"), now: 9_000) == .stored(version: 1))
    #expect(store.entries == before)
    #expect(store.put(try Self.put("r2", replacing: 1, tenant: "u"), now: 9_000) == .stored(version: 2))
    #expect(store.put(try Self.put("r1"), now: 9_000) == .stored(version: 1))
    #expect(try Self.record(store)?.terms.tenant == "u")
  }

  @Test func onlyTheVersionThatWasSeenIsReplaced() throws {
    var store = KeyStore(Self.names)
    #expect(store.put(try Self.put("r1", replacing: 1), now: 0) == .otherVersion(0))
    _ = store.put(try Self.put("r2"), now: 1_000)
    #expect(store.put(try Self.put("r3", replacing: 1, tenant: "u"), now: 9_000) == .stored(version: 2))
    #expect(store.put(try Self.put("r4", replacing: 1, tenant: "v"), now: 9_000) == .otherVersion(2))
    let record = try #require(try Self.record(store))
    #expect(record.terms.tenant == "u" && record.created.seconds == 1 && record.changed.seconds == 9)
  }

  @Test func aRevokedKeyNeverComesBack() throws {
    var store = KeyStore(Self.names)
    _ = store.put(try Self.put("r1"), now: 0)
    let revocation = store.revoke(Self.names.record("k"), now: 7_500)
    #expect(revocation == KeyRevocation(revoked: KeyInstant(seconds: 7), version: 2))
    #expect(store.revoke(Self.names.record("k"), now: 99_000) == revocation)
    for version in 0...3 as ClosedRange<Int64> {
      #expect(store.put(try Self.put("x\(version)", replacing: version), now: 99_000) == .revoked)
    }
    store.sweep(now: 4_000 * Self.day)
    #expect(try Self.record(store, now: 4_000 * Self.day)?.revoked?.seconds == 7)
  }

  @Test func aKeyThatWasNeverMadeCanBeRevoked() throws {
    var store = KeyStore(Self.names)
    _ = store.revoke(Self.names.record("ci"), now: 7_000)
    let fields = store.fields(Self.names.record("ci"), now: 4_000 * Self.day)
    #expect(try KeyEntry(fields: fields) == .tombstone(revoked: KeyInstant(seconds: 7), version: 1))
    #expect(store.put(try Self.put("r1", "ci"), now: 8_000) == .revoked)
  }

  @Test func anExpiredKeyIsKeptThirtyDays() throws {
    var store = KeyStore(Self.names)
    let end = KeyInstant(seconds: 10)
    #expect(store.put(try Self.put("r1", expires: end), now: 10_000) == .expired(now: 10_000))
    #expect(store.put(try Self.put("r1", expires: end), now: 9_999) == .stored(version: 1))
    #expect(try Self.record(store, now: 10_000 + 30 * Self.day - 1)?.terms.expires == end)
    #expect(try Self.record(store, now: 10_000 + 30 * Self.day) == nil)
    _ = store.revoke(Self.names.record("k"), now: 20_000)
    store.sweep(now: 10_000 + 30 * Self.day)
    #expect(store.entries.isEmpty)
    #expect(store.put(try Self.put("r2"), now: 40 * Self.day) == .stored(version: 1))
  }

  // MARK: Changes

  @Test func changesAreToldOnceEachInTheirOrder() {
    var store = KeyStore(Self.names)
    #expect(store.changes(since: 0, now: 0) == .changed([], epoch: 0, hasMore: false))
    let first = store.note("a", isListed: true, now: 1_000)
    _ = store.note("b", isListed: true, now: 1_000)
    let last = store.note("a", isListed: true, now: 900)
    #expect([first, last] == [1_000, 1_002])
    #expect(store.changes(since: 0, now: 0) == .unknown(epoch: 1_002))
    #expect(store.changes(since: 999, now: 0) == .changed(["b", "a"], epoch: 1_002, hasMore: false))
    #expect(store.changes(since: 1_001, now: 0) == .changed(["a"], epoch: 1_002, hasMore: false))
    #expect(store.changes(since: 1_002, now: 0) == .changed([], epoch: 1_002, hasMore: false))
  }

  @Test func manyChangesAreToldInPages() {
    var store = KeyStore(Self.names, mostTold: 10)
    for number in 0..<25 { _ = store.note("k\(number)", isListed: true, now: 1_000) }
    var (epoch, ids): (Int64, [String]) = (999, [])
    for page in 0..<3 {
      guard case .changed(let more, let reached, let hasMore) = store.changes(since: epoch, now: 0) else {
        Issue.record("unknown")
        return
      }
      #expect(more.count == [10, 10, 5][page] && hasMore == (page < 2))
      ids += more
      epoch = reached
    }
    #expect(ids == (0..<25).map { "k\($0)" })
  }

  @Test func whoMissedATrimmedChangeForgetsAll() {
    var store = KeyStore(Self.names, mostChanges: 2)
    let epochs = ["a", "b", "c"].map { store.note($0, isListed: true, now: 1_000) }
    #expect(store.changes(since: epochs[0] - 1, now: 0) == .unknown(epoch: epochs[2]))
    #expect(
      store.changes(since: epochs[0], now: 0) == .changed(["b", "c"], epoch: epochs[2], hasMore: false))
  }

  /// A Redis that lost everything: with nothing noted since, with something, and with a clock that went back.
  @Test func whoSawALostLogForgetsAll() {
    let empty = KeyStore(Self.names)
    #expect(empty.changes(since: 5_000, now: 9_000) == .unknown(epoch: 0))
    for now in [9_000, 2_000] as [Int64] {
      var store = KeyStore(Self.names)
      let epoch = store.note("a", isListed: true, now: now)
      #expect(store.changes(since: 5_000, now: now) == .unknown(epoch: epoch))
    }
  }

  // MARK: Index and secret

  @Test func idsAreListedInPagesInTheOrderOfTheirBytes() {
    var store = KeyStore(Self.names)
    for id in ["b", "a", "Z", "a:1", "c"] { _ = store.note(id, isListed: true, now: 0) }
    _ = store.note("c", isListed: false, now: 0)
    #expect(store.list(after: "", count: 3, now: 0) == ["Z", "a", "a:1"])
    #expect(store.list(after: "a:1", count: 3, now: 0) == ["b"])
    #expect(store.list(after: "aa", count: 1, now: 0) == ["b"])
    #expect(store.list(after: "b", count: 3, now: 0) == [])
  }

  @Test func theFirstSecretStays() {
    var store = KeyStore(Self.names)
    #expect(store.secret("x", now: 0) == "x")
    #expect(store.secret("y", now: 0) == "x")
  }
}
