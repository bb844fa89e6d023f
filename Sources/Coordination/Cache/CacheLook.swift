import NIOCore
import Policy

/// A look into the cache, by plain commands: they cost Redis a third of what a script does.
///
/// Where nothing stands in the answer's place, `SET … NX` puts a flight's lock there; `MGET` then finds that, another's, or the answer.
struct CacheLook {
  let keys: CacheKeys

  /// To be sent before `find`. `now` is Redis' clock, in milliseconds.
  func take(_ claim: CacheClaim, now: Int64) -> [String] {
    assert(claim.seen == 0, "an answer that was seen is claimed by a script")
    let lock = CacheStore.Lock(owner: claim.owner, until: now + claim.lifetime, lifetime: claim.lifetime)
    return ["SET", keys.answer, lock.text, "PX", String(claim.lifetime), "NX"]
  }

  static let time = ["TIME"]

  var find: [String] { ["MGET", keys.answer, keys.lock] }
}

extension CacheLookup {
  /// What `CacheLook.find` was answered, at Redis' `now`; nil where it isn't an answer of that command. `owner` is that of the lock
  /// which was to be taken.
  init?(_ reply: Reply, claiming owner: String?, now: Int64) {
    guard case .list(let values) = reply, values.count == 2 else { return nil }
    let beside = CacheStore.Lock(values[1])?.holder(at: now)
    let first = CacheStore.Lock(values[0])?.holder(at: now)
    if let owner, first?.owner == owner, beside == nil {
      self.init(now: now, holder: nil, seen: 0, answer: nil, isClaimed: true)
      return
    }
    let holder = beside ?? first
    guard case .bytes(let bytes) = values[0], let head = StoredHead(bytes),
      head.created <= now + CacheStore.tolerance
    else {
      self.init(now: now, holder: holder, seen: 0, answer: nil)
      return
    }
    let answer = head.meta.map {
      CachedAnswer(meta: $0, created: head.created, body: Array(bytes[head.length...]))
    }
    self.init(now: now, holder: holder, seen: head.created, answer: answer)
  }
}

extension CacheStore.Lock {
  /// Bytes that a lock may have.
  private static let longest = 512

  fileprivate init?(_ reply: Reply) {
    guard case .bytes(let bytes) = reply, bytes.first == UInt8(ascii: "L"), bytes.count <= Self.longest else {
      return nil
    }
    self.init(String(decoding: bytes, as: UTF8.self))
  }

  /// Reads `text`; nil where it is none.
  init?(_ text: String) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 4, words[0] == "L", !words[1].isEmpty, let until = Int64(digits: words[2]),
      let lifetime = Int64(digits: words[3])
    else { return nil }
    self.init(owner: String(words[1]), until: until, lifetime: lifetime)
  }
}

extension Int64 {
  /// Digits alone, as the scripts read them: no sign.
  init?(digits: Substring) {
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    self.init(digits)
  }
}
