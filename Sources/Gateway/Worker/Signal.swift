/// One value for one waiter: whichever comes first waits for the other.
///
/// Confined to a loop. Filling twice keeps the first value; waiting twice is a programmer's error.
struct Signal<Value: Sendable>: ~Copyable {
  private enum State {
    case empty
    case waiting(UnsafeContinuation<Value, Never>)
    case filled(Value)
  }

  private var state = State.empty

  var isFilled: Bool {
    if case .filled = state { return true }
    return false
  }

  /// The value, if it has come.
  var value: Value? {
    if case .filled(let value) = state { return value }
    return nil
  }

  mutating func fill(_ value: Value) {
    switch state {
    case .filled: break
    case .empty: state = .filled(value)
    case .waiting(let continuation):
      state = .filled(value)
      continuation.resume(returning: value)
    }
  }

  /// Registers the waiter; resumes it at once if the value has come already.
  mutating func wait(_ continuation: UnsafeContinuation<Value, Never>) {
    switch state {
    case .filled(let value): continuation.resume(returning: value)
    case .empty: state = .waiting(continuation)
    case .waiting: preconditionFailure("two waiters on one signal")
    }
  }
}
