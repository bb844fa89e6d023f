package import NIOCore
import NIOPosix

/// Reads the shared state out of Redis, for people: `SCAN`, never `KEYS`, a bounded piece at a time.
package struct StateInspection: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// What was found, by key, and Redis' clock when the reading began.
  package struct Result: Sendable {
    package var keys: [StoredKey]
    /// Milliseconds since 1970.
    package var now: Int64
  }

  private let address: RedisAddress
  private let prefix: String
  /// Names of a tag, `t:acme`; nil for all.
  private let tag: String?

  package init(_ address: RedisAddress, prefix: String, tag: String?) {
    self.address = address
    self.prefix = prefix
    self.tag = tag
  }

  /// Reads all primaries. `patience` is for the connection, and for each piece.
  package func read(patience: TimeAmount = .seconds(5)) async throws -> Result {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    return try await loop.flatSubmit {
      let promise = loop.makePromise(of: Result.self)
      Reading(self, loop, patience, promise).start()
      return promise.futureResult
    }.get()
  }

  fileprivate func makeClient(
    on loop: any EventLoop, _ tell: @escaping (RedisClient.News) -> Void
  ) -> RedisClient {
    RedisClient(address, on: loop, tell: tell)
  }

  /// For `SCAN … MATCH`; nothing in a tag is special to it but what is escaped.
  fileprivate var pattern: String {
    "\(prefix):{\((tag ?? "").reduce(into: "") { $0 += "*?[]\\".contains($1) ? "\\\($1)" : "\($1)" })"
      + (tag == nil ? "*" : "}*")
  }

  /// One of very many: a session of an experiment, or a judged answer. They are left out.
  fileprivate static func isOne(_ key: String) -> Bool {
    key.contains(":{fb:") || (key.contains(":{xp:") && key.contains("}:s:"))
  }

  fileprivate func stored(_ key: String, _ kind: Kind, _ value: Reply, _ remaining: Int64?) -> StoredKey? {
    let length: Int64? = if case .number(let length) = value { length } else { nil }
    return StoredKey(
      key, prefix: prefix, text: kind == .text || kind == .answer ? value.text : nil,
      members: kind == .set ? value.scores : nil,
      fields: kind == .hash ? value.fields : nil, length: length, remaining: remaining)
  }

  /// How a key is read. Secrets, bundles, evaluations and streams are measured only, and of an answer its head is read.
  fileprivate enum Kind {
    case text, set, hash, secret, answer, bundles, stream

    init(_ type: String?, _ key: String) {
      switch type {
      case "zset": self = .set
      case "hash" where key.contains(":{ro}:bundles:") || key.contains(":{ro}:eval:"): self = .bundles
      case "hash": self = .hash
      case "stream": self = .stream
      case "string" where key.hasSuffix(":{keys}:secret") || key.hasSuffix(":{fb}:secret"): self = .secret
      case "string" where key.hasSuffix("}:answer"): self = .answer
      default: self = .text
      }
    }

    func command(_ key: String) -> [String] {
      switch self {
      case .text: ["GET", key]
      case .set: ["ZRANGE", key, "0", "999", "WITHSCORES"]
      case .hash: ["HGETALL", key]
      case .secret: ["STRLEN", key]
      case .bundles: ["HLEN", key]
      case .stream: ["XLEN", key]
      case .answer: ["GETRANGE", key, "0", String(StoredHead.longest)]
      }
    }
  }
}

/// One reading, confined to its loop; keeps itself until it has ended.
private final class Reading {
  private let inspection: StateInspection
  private let loop: any EventLoop
  private let patience: TimeAmount
  private let promise: EventLoopPromise<StateInspection.Result>
  private var client: RedisClient?
  private var lastFailure = "no answer"
  private var hasBegun = false
  private var isOver = false
  private var found: [String: StoredKey] = [:]
  private var now: Int64 = 0

  init(
    _ inspection: StateInspection, _ loop: any EventLoop, _ patience: TimeAmount,
    _ promise: EventLoopPromise<StateInspection.Result>
  ) {
    self.inspection = inspection
    self.loop = loop
    self.patience = patience
    self.promise = promise
  }

  func start() {
    client = inspection.makeClient(on: loop) { [self] news in
      if case .failed(let reason) = news { lastFailure = reason }
      if news == .up, !hasBegun, !isOver { begin() }
    }
    client?.start()
    let bound = NIOLoopBound(self, eventLoop: loop)
    loop.scheduleTask(in: patience) {
      if !bound.value.hasBegun, !bound.value.isOver {
        bound.value.fail("Redis does not answer: \(bound.value.lastFailure)")
      }
    }
  }

  private func begin() {
    hasBegun = true
    let primaries = client?.primaries ?? []
    guard let first = primaries.first else { return fail("Redis has no primary that can be reached") }
    ask(first, ["TIME"]) { [self] reply in
      let words = reply.words
      now = words.count == 2 ? (Int64(words[0]) ?? 0) * 1_000 + (Int64(words[1]) ?? 0) / 1_000 : 0
      scan(primaries, cursor: "0")
    }
  }

  private func scan(_ links: [RedisLink], cursor: String) {
    guard let link = links.first else { return end() }
    ask(link, ["SCAN", cursor, "MATCH", inspection.pattern, "COUNT", "200"]) { [self] reply in
      guard case .list(let parts) = reply, parts.count == 2, let next = parts[0].text else {
        return fail("SCAN was answered by \(reply)")
      }
      read(parts[1].words.filter { !StateInspection.isOne($0) }, over: link) { [self] in
        next == "0" ? scan(Array(links.dropFirst()), cursor: "0") : scan(links, cursor: next)
      }
    }
  }

  /// Reads a piece's keys one after another.
  private func read(_ keys: [String], over link: RedisLink, _ done: @escaping () -> Void) {
    guard let key = keys.first else { return done() }
    ask(link, ["PTTL", key]) { [self] ttl in
      ask(link, ["TYPE", key]) { [self] type in
        let kind = StateInspection.Kind(type.text, key)
        ask(link, kind.command(key)) { [self] value in
          note(key, ttl, kind, value)
          read(Array(keys.dropFirst()), over: link, done)
        }
      }
    }
  }

  private func note(_ key: String, _ ttl: Reply, _ kind: StateInspection.Kind, _ value: Reply) {
    guard case .number(let remaining) = ttl, remaining != -2 else { return }  // it has gone meanwhile
    found[key] = inspection.stored(key, kind, value, remaining >= 0 ? remaining : nil)
  }

  private func ask(_ link: RedisLink, _ words: [String], _ then: @escaping (Reply) -> Void) {
    var bytes = ByteBuffer()
    bytes.writeCommand(words)
    link.send(bytes, by: .now() + patience) { [self] result in
      switch result {
      case _ where isOver: break
      case .success(.error(.denied(let text))): fail("Redis refuses \(words[0]): \(text)")
      case .success(let reply): then(reply)
      case .failure(let failure): fail("\(words[0]) got no answer: \(failure)")
      }
    }
    link.flush()
  }

  private func end() {
    close()
    promise.succeed(.init(keys: found.values.sorted { $0.key < $1.key }, now: now))
  }

  private func fail(_ reason: String) {
    close()
    promise.fail(StateInspection.Failure(description: reason))
  }

  private func close() {
    isOver = true
    client?.close()
    client = nil
  }
}

extension Reply {
  fileprivate var words: [String] {
    if case .list(let parts) = self { parts.compactMap(\.text) } else { [] }
  }

  /// Members with their scores.
  fileprivate var scores: [String: Int64] {
    let words = words
    var scores: [String: Int64] = [:]
    for index in stride(from: 0, to: words.count - 1, by: 2) {
      scores[words[index]] = Double(words[index + 1]).flatMap { Int64(exactly: $0.rounded()) }
    }
    return scores
  }
}
