import NIOCore
package import Policy

/// Reads what limits' keys hold, and changes nothing: for people who look.
package protocol LimitReading: AnyObject {
  /// What stands at the keys of these charges; those where nothing does are left out. Called on the loop, now or later.
  func read(
    _ charges: [Charge], _ completion: @escaping (Result<[String: StoredValue], StateFailure>) -> Void)
}

extension EmbeddedState: LimitReading {
  package func read(
    _ charges: [Charge], _ completion: @escaping (Result<[String: StoredValue], StateFailure>) -> Void
  ) {
    var found: [String: StoredValue] = [:]
    for charge in charges {
      let entry = store.with(charge.key) { $0.entries[charge.key] }
      if let entry, entry.expires > now { found[charge.key] = entry.value }
    }
    completion(.success(found))
  }
}

extension RedisState: LimitReading {
  package func read(
    _ charges: [Charge], _ completion: @escaping (Result<[String: StoredValue], StateFailure>) -> Void
  ) {
    guard isAvailable else { return completion(.failure(.unavailable)) }
    guard !charges.isEmpty else { return completion(.success([:])) }
    let reading = LimitsRead(count: charges.count, completion)
    for charge in charges {
      var command = ByteBuffer()
      command.writeCommand(charge.reading)
      // People look rarely, and what comes of it says nothing of how Redis does.
      runner.ask(command, key: charge.key, isCounted: false) { reading.take($0, of: charge) }
    }
    flush()
  }
}

/// What has been answered so far.
private final class LimitsRead {
  private var found: [String: StoredValue] = [:]
  private var failure: StateFailure?
  private var open: Int
  private let completion: (Result<[String: StoredValue], StateFailure>) -> Void

  init(count: Int, _ completion: @escaping (Result<[String: StoredValue], StateFailure>) -> Void) {
    (open, self.completion) = (count, completion)
  }

  func take(_ result: Result<Reply, StateFailure>, of charge: Charge) {
    switch result {
    case .success(let reply): found[charge.key] = charge.value(reply)
    case .failure(let reason): failure = reason
    }
    open -= 1
    if open == 0 { completion(failure.map { .failure($0) } ?? .success(found)) }
  }
}

extension Charge {
  fileprivate var reading: [String] {
    if case .slots = rule { ["ZRANGE", key, "0", "-1", "WITHSCORES"] } else { ["GET", key] }
  }

  /// Nil where nothing is there, or nothing that a script wrote.
  fileprivate func value(_ reply: Reply) -> StoredValue? {
    switch rule {
    case .slots:
      let ends = reply.fields?.compactMapValues { Double($0).flatMap { Int64(exactly: $0.rounded()) } }
      return ends.flatMap { $0.isEmpty ? nil : .slots(Slots(holders: $0)) }
    case .bucket:
      let numbers = reply.text?.split(separator: " ").compactMap { Int64($0) } ?? []
      guard numbers.count == 4, Bucket.Rule.isValid(tokens: numbers[2], window: numbers[3]) else {
        return nil
      }
      return .bucket(
        Bucket(level: numbers[0], at: numbers[1]), Bucket.Rule(tokens: numbers[2], window: numbers[3]))
    case .budget:
      let numbers = reply.text?.split(separator: " ").compactMap { Int64($0) } ?? []
      return numbers.count == 2 ? .budget(spent: numbers[0], capacity: numbers[1]) : nil
    }
  }
}
