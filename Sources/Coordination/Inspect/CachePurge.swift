package import NIOCore
import NIOPosix
import Policy

/// Forgets all stored answers of a tenant, and stops what is being fetched for it from being stored: `SCAN`, then `UNLINK`.
package struct CachePurge: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  private let address: RedisAddress
  private let pattern: String

  /// `tenant` is nil for answers that all share. Nil where no key can have that tenant.
  package init?(_ address: RedisAddress, tenant: String?, prefix: String) {
    guard let pattern = CacheKeys.pattern(tenant: tenant, prefix: prefix) else { return nil }
    self.address = address
    self.pattern = pattern
  }

  /// Keys that were removed, at all primaries. `patience` is for the connection, and for each piece.
  package func run(patience: TimeAmount = .seconds(5)) async throws -> Int {
    let (address, pattern) = (address, pattern)
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    return try await loop.flatSubmit {
      let promise = loop.makePromise(of: Int.self)
      Purging(pattern, loop, patience, promise).start(address)
      return promise.futureResult
    }.get()
  }
}

/// One purge, confined to its loop; keeps itself until it has ended.
private final class Purging {
  private let pattern: String
  private let loop: any EventLoop
  private let patience: TimeAmount
  private let promise: EventLoopPromise<Int>
  private var client: RedisClient?
  private var lastFailure = "no answer"
  private var hasBegun = false
  private var isOver = false
  private var removed = 0

  init(_ pattern: String, _ loop: any EventLoop, _ patience: TimeAmount, _ promise: EventLoopPromise<Int>) {
    self.pattern = pattern
    self.loop = loop
    self.patience = patience
    self.promise = promise
  }

  func start(_ address: RedisAddress) {
    client = RedisClient(address, on: loop) { [self] news in
      if case .failed(let reason) = news { lastFailure = reason }
      if news == .up, !hasBegun, !isOver { begin() }
    }
    client?.start()
    let bound = NIOLoopBound(self, eventLoop: loop)
    loop.scheduleTask(in: patience) {
      guard !bound.value.hasBegun, !bound.value.isOver else { return }
      bound.value.fail("Redis does not answer: \(bound.value.lastFailure)")
    }
  }

  private func begin() {
    hasBegun = true
    scan(client?.primaries ?? [], cursor: "0")
  }

  private func scan(_ links: [RedisLink], cursor: String) {
    guard let link = links.first else { return end() }
    ask(link, ["SCAN", cursor, "MATCH", pattern, "COUNT", "500"]) { [self] reply in
      guard case .list(let parts) = reply, parts.count == 2, let next = parts[0].text,
        case .list(let found) = parts[1]
      else { return fail("SCAN was answered by \(reply)") }
      remove(found.compactMap(\.text), at: link) { [self] in
        next == "0" ? scan(Array(links.dropFirst()), cursor: "0") : scan(links, cursor: next)
      }
    }
  }

  /// Key by key: in a cluster, keys of several slots can't go together.
  private func remove(_ keys: [String], at link: RedisLink, _ done: @escaping () -> Void) {
    guard let key = keys.first else { return done() }
    ask(link, ["UNLINK", key]) { [self] reply in
      guard case .number(let count) = reply else { return fail("UNLINK was answered by \(reply)") }
      removed += Int(count)
      remove(Array(keys.dropFirst()), at: link, done)
    }
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
    promise.succeed(removed)
  }

  private func fail(_ reason: String) {
    close()
    promise.fail(CachePurge.Failure(description: reason))
  }

  private func close() {
    isOver = true
    client?.close()
    client = nil
  }
}
