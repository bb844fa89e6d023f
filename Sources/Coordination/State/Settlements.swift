import Policy

/// What one worker has to settle, held until the next flush: those of one hash tag go out as one call, of which under load a handful
/// share the price. Confined to a loop.
final class Settlements {
  private struct Item {
    let settling: Settling
    let completion: (Result<Settling.Reply, StateFailure>) -> Void
  }

  /// Of one call: Redis does nothing else meanwhile.
  static let most = 32

  private let runner: ScriptRunner
  private let script: Script
  /// By hash tag, as a Cluster keeps each in one slot.
  private var held: [Substring: [Item]] = [:]

  init(_ runner: ScriptRunner, _ script: Script) {
    self.runner = runner
    self.script = script
  }

  func add(_ settling: Settling, _ completion: @escaping (Result<Settling.Reply, StateFailure>) -> Void) {
    let key = settling.reservation
    let tag = key.firstIndex(of: "}").map { key[...$0] } ?? key[...]
    held[tag, default: []].append(Item(settling: settling, completion: completion))
  }

  /// Hands all that is held to the runner, to go out with its next flush.
  func send() {
    guard !held.isEmpty else { return }
    let calls = held.values
    held = [:]
    for items in calls {
      for start in stride(from: 0, to: items.count, by: Self.most) {
        run(Array(items[start..<min(start + Self.most, items.count)]))
      }
    }
  }

  private func run(_ items: [Item]) {
    let call = ScriptCall(items.map(\.settling))
    runner.run(script, key: call.keys[0], command: call.command) { [weak self] result in
      switch result.map(\.numbers) {
      case .success(let numbers?) where numbers.count == items.count:
        for (item, number) in zip(items, numbers) {
          item.completion(.success(number == 1 ? .settled : .gone))
        }
      case .success: for item in items { item.completion(.failure(.malformed)) }
      // A value that no script wrote is in the way of one: the others are settled each by itself.
      case .failure(.refused(let error)) where error.isOfTheKey && items.count > 1:
        guard let self else { return items.forEach { $0.completion(.failure(.refused(error))) } }
        for item in items { run([item]) }
        runner.flush()
      case .failure(let failure): for item in items { item.completion(.failure(failure)) }
      }
    }
  }
}
