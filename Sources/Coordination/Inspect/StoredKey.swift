package import Policy

/// One key of the shared state, as it was found in Redis.
package struct StoredKey: Equatable, Sendable {
  package enum Value: Equatable, Sendable {
    case bucket(Bucket, Bucket.Rule)
    /// In its window that began then: `2026-11-20T23:00Z`.
    case budget(spent: Int64, capacity: Int64, starts: String)
    /// Holders, with Redis' milliseconds at which each one's slot ends.
    case slots([String: Int64])
    case reservation(Reservation)
    /// What a worker charged ahead of its exchanges.
    case lease(LeaseRecord)
    /// Replicas, with Redis' milliseconds at which each is taken for gone.
    case replicas([String: Int64])
    /// What each replica told last of its requests in flight.
    case loads([String: LoadStore.Entry])
    /// What is known of an answer.
    case cached(CachedMeta, created: Int64)
    /// Somebody fetches an answer, until Redis' milliseconds.
    case flight(owner: String, until: Int64)
    /// A virtual key, or that a key of the configuration is revoked.
    case key(KeyEntry)
    /// What tells replicas of changed keys: what it holds, in words.
    case keyIndex(String)
    /// An endpoint's breaker for a deployment.
    case breaker(BreakerState)
    /// What a breaker decides by: how much there is of it, in words.
    case breakerPart(String)
    /// Who leads.
    case leadership(ControlLease)
    /// Of the registry and of rollouts: what it holds, in words.
    case control(String)
    /// Of an experiment: what it holds, in words.
    case experiment(String)
    /// Of a learned choice: what it holds, in words.
    case choice(String)
    /// Nothing that a script wrote.
    case foreign(String)
  }

  /// The whole key.
  package var key: String
  /// What is between its braces: `t:acme`.
  package var tag: String
  /// Whom the limit is of, `team:search`; empty where the tag says it.
  package var subject: String
  /// `tokens`, `requests` …, and its window; empty for what has none.
  package var measure = ""
  package var window = ""
  package var value: Value
  /// Milliseconds until Redis forgets it; nil: never.
  package var remaining: Int64?

  /// Reads a key and its text, or its members with their scores; nil where it isn't one of the shared state's.
  /// A hash's fields belong to virtual keys and loads, the length of a text that isn't read to virtual keys; of an answer, the text is its beginning.
  init?(
    _ key: String, prefix: String, text: String?, members: [String: Int64]?, fields: [String: String]? = nil,
    length: Int64? = nil, remaining: Int64?
  ) {
    guard key.hasPrefix(prefix + ":{"), let close = key.firstIndex(of: "}") else { return nil }
    self.key = key
    self.remaining = remaining
    tag = String(key[key.index(key.startIndex, offsetBy: prefix.utf8.count + 2)..<close])
    let words = key[close...].dropFirst(2).split(separator: ":", omittingEmptySubsequences: false).map(
      String.init)
    guard let kind = words.first else { return nil }
    subject = words.dropFirst().joined(separator: ":")
    value = .foreign(
      words.first == "answer" ? "no answer" : text ?? members.map { "\($0.count) members" } ?? "")
    if tag == "ro" || tag.hasPrefix("ro:") {
      let found = StoredControl(kind, text: text, fields: fields, length: length)
      value = found.value.map { $0 } ?? value
      return
    }
    if tag == "fb" {
      if kind == "secret", length != nil { value = .control("what tickets of feedback are sealed with") }
      return
    }
    if tag.hasPrefix("xp:") {
      readExperiment(kind, fields)
      return
    }
    if tag.hasPrefix("ml:") {
      readChoice(kind, fields)
      return
    }
    switch kind {
    case "rl": readBucket(words, text)
    case "budget": readBudget(words, text)
    case "sem": if let members { value = .slots(members) }
    case "res": if let text, let reservation = Reservation(text) { value = .reservation(reservation) }
    case "lease": if let text, let record = LeaseRecord(text) { value = .lease(record) }
    case "seen": if let members { value = .replicas(members) }
    case "inflight": if let fields { value = .loads(fields.compactMapValues { LoadStore.Entry($0) }) }
    case "answer":
      if let head = StoredHead(Array((text ?? "").utf8)), let meta = head.meta {
        value = .cached(meta, created: head.created)
      } else {
        readLock(text)
      }
    case "lock": readLock(text)
    case "key": if let fields, let entry = try? KeyEntry(fields: fields) { value = .key(entry) }
    case "req": if let text, Int64(text) != nil { value = .keyIndex("made version \(text)") }
    case "changes": if let members { value = .keyIndex("\(members.count) changes remembered") }
    case "ids": if let members { value = .keyIndex("\(members.count) keys that are not revoked") }
    case "epoch": if let text { value = .keyIndex("last change \(text.prefix { $0 != " " })") }
    case "secret": if length != nil { value = .keyIndex("there") }
    case "state" where isOfBreaker:
      if let state = fields.flatMap(BreakerState.init) { value = .breaker(state) }
    case "window" where isOfBreaker:
      if let fields {
        value = .breakerPart("\(fields.keys.count { !$0.hasPrefix("@") }) tenths of its window")
      }
    case "probes" where isOfBreaker:
      if let fields {
        value = .breakerPart("\(fields.values.count { !$0.hasPrefix("-") }) probes under way")
      }
    default: break
    }
  }

  private var isOfBreaker: Bool { tag.hasPrefix("cb:") }

  private mutating func readExperiment(_ kind: String, _ fields: [String: String]?) {
    guard let fields else { return }
    switch kind {
    case "sums":
      let arms = fields.compactMap { name, count -> String? in
        let words = name.split(separator: ".")
        return words.count == 2 && words[1] == "n" ? "arm \(words[0]) \(count)" : nil
      }
      value = .experiment("\(fields["sessions"] ?? "0") sessions: \(arms.sorted().joined(separator: ", "))")
    case "told": value = .experiment("\(fields.count) replicas have told of sessions")
    default: break
    }
  }

  private mutating func readChoice(_ kind: String, _ fields: [String: String]?) {
    guard kind == "sums", let fields else { return }
    let told = fields.values.count { ChoiceEntry($0)?.told != nil }
    let off = fields[ChoiceNames.off] == nil ? "" : ", switched off"
    value = .choice("\(told) replicas have told what they learned\(off)")
  }

  private mutating func readLock(_ text: String?) {
    guard let lock = text.flatMap(CacheStore.Lock.init) else { return }
    value = .flight(owner: lock.owner, until: lock.until)
  }

  /// `rl[:WHOM…]:MEASURE:WINDOW`
  private mutating func readBucket(_ words: [String], _ text: String?) {
    guard words.count >= 3 else { return }
    subject = words[1..<(words.count - 2)].joined(separator: ":")
    (measure, window) = (words[words.count - 2], words[words.count - 1])
    let numbers = text?.split(separator: " ").compactMap { Int64($0) } ?? []
    guard numbers.count == 4, Bucket.Rule.isValid(tokens: numbers[2], window: numbers[3]) else { return }
    value = .bucket(
      Bucket(level: numbers[0], at: numbers[1]), Bucket.Rule(tokens: numbers[2], window: numbers[3]))
  }

  /// `budget[:WHOM…]:MEASURE:WINDOW:START`, whose start has a colon of its own.
  private mutating func readBudget(_ words: [String], _ text: String?) {
    guard words.count >= 5 else { return }
    subject = words[1..<(words.count - 4)].joined(separator: ":")
    (measure, window) = (words[words.count - 4], words[words.count - 3])
    let numbers = text?.split(separator: " ").compactMap { Int64($0) } ?? []
    guard numbers.count == 2 else { return }
    value = .budget(
      spent: numbers[0], capacity: numbers[1], starts: words[(words.count - 2)...].joined(separator: ":"))
  }
}

extension Reservation {
  /// `REPLICA COST COST …`
  fileprivate init?(_ text: String) {
    let words = text.split(separator: " ")
    let costs = words.dropFirst().compactMap { Int64($0) }
    guard let owner = words.first, costs.count == words.count - 1 else { return nil }
    self.init(owner: String(owner), costs: costs)
  }
}

extension LeaseRecord {
  /// `REPLICA SEQUENCE CHARGED CHARGED …`
  fileprivate init?(_ text: String) {
    let words = text.split(separator: " ")
    let numbers = words.dropFirst().compactMap { Int64($0) }
    guard let owner = words.first, numbers.count == words.count - 1, let sequence = numbers.first else {
      return nil
    }
    self.init(owner: String(owner), sequence: sequence, charged: Array(numbers.dropFirst()))
  }
}
