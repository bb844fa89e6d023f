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
