import Telemetry

/// A value for one waiter, shared by who fills and who waits. Confined to a loop.
final class Waiting<Value: Sendable> {
  private var signal = Signal<Value>()
  private(set) var isAwaited = false

  var value: Value? { signal.value }
  func fill(_ value: Value) { signal.fill(value) }
  func wait(_ continuation: UnsafeContinuation<Value, Never>) {
    isAwaited = true
    signal.wait(continuation)
  }
}

extension Worker {
  /// What the shared state answers to `ask`, which is to call back once on this loop, at once or later. The time that takes is the
  /// exchange's.
  func waitForState<Value: Sendable>(
    _ exchange: Exchange, _ ask: (_ fill: @escaping (Value) -> Void) -> Void
  ) async -> Value {
    let waiting = Waiting<Value>()
    ask { [executor] value in
      if waiting.isAwaited { executor.handle { waiting.fill(value) } } else { waiting.fill(value) }
    }
    if let value = waiting.value { return value }
    let since = SystemClock.monotonicNanoseconds()
    defer { exchange.answer.state += SystemClock.monotonicNanoseconds() - since }
    return await withUnsafeContinuation { waiting.wait($0) }
  }
}
