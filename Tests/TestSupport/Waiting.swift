import Glibc

/// Runs blocking code on a thread of its own: the pool that runs tests has a thread per core and must not be blocked.
package func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Value, any Error>) in
    startThread { continuation.resume(with: Result { try body() }) }
  }
}

/// Waits until a condition holds; false where it doesn't within `limit`.
package func eventually(
  within limit: Duration = .seconds(20), _ condition: @escaping @Sendable () async throws -> Bool
) async throws -> Bool {
  let end = ContinuousClock.now + limit
  repeat {
    if try await condition() { return true }
    try await Task.sleep(for: .milliseconds(2))
  } while ContinuousClock.now < end
  return try await condition()
}

/// Starts a thread that nobody joins.
package func startThread(_ body: @escaping @Sendable () -> Void) {
  let context = Unmanaged.passRetained(ThreadBody(run: body)).toOpaque()
  // Not `pthread_attr_t()`: beside Foundation, that is another module's.
  let result = withUnsafeTemporaryAllocation(of: pthread_attr_t.self, capacity: 1) { memory in
    guard let attributes = memory.baseAddress else { return EAGAIN }
    pthread_attr_init(attributes)
    defer { pthread_attr_destroy(attributes) }
    pthread_attr_setstacksize(attributes, 512 << 10)
    pthread_attr_setdetachstate(attributes, CInt(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    return pthread_create(&thread, attributes, runThread, context)
  }
  precondition(result == 0, "pthread_create: \(result)")
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(run: @escaping @Sendable () -> Void) { self.run = run }
}

private func runThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
  return nil
}
