import NIOCore

/// A way to what is shared for people's commands, from any task: each step is tried again while the shared state doesn't answer.
struct PatientRegister<Register>: Sendable {
  private static var attempts: Int { 5 }
  private static var pause: Duration { .milliseconds(200) }

  private let register: NIOLoopBound<Register>
  private let flush: @Sendable (Register) -> Void

  /// To be made on the loop that `register` is confined to. `flush` sends what a step has asked for.
  init(_ register: Register, on loop: any EventLoop, flush: @escaping @Sendable (Register) -> Void) {
    self.register = NIOLoopBound(register, eventLoop: loop)
    self.flush = flush
  }

  /// Waits until `isAvailable` says so, at most so long.
  func isReady(
    within patience: Duration, _ isAvailable: @escaping @Sendable (Register) -> Bool
  ) async -> Bool {
    let end = ContinuousClock.now + patience
    while ContinuousClock.now < end {
      if await look(isAvailable) == true { return true }
      try? await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  /// What is known there without asking; nil once the loop has ended.
  func look<Value: Sendable>(_ body: @escaping @Sendable (Register) -> Value) async -> Value? {
    try? await register.eventLoop.submit { [register] in body(register.value) }.get()
  }

  /// Throws the last failure.
  func ask<Value: Sendable>(
    _ step: @escaping @Sendable (Register, @escaping (Result<Value, StateFailure>) -> Void) -> Void
  ) async throws(StateFailure) -> Value {
    var failure = StateFailure.unavailable
    for attempt in 0..<Self.attempts {
      if attempt > 0 { try? await Task.sleep(for: Self.pause) }
      switch await once(step) {
      case .success(let value): return value
      case .failure(let reason): failure = reason
      }
    }
    throw failure
  }

  private func once<Value: Sendable>(
    _ step: @escaping @Sendable (Register, @escaping (Result<Value, StateFailure>) -> Void) -> Void
  ) async -> Result<Value, StateFailure> {
    let promise = register.eventLoop.makePromise(of: Result<Value, StateFailure>.self)
    register.eventLoop.execute { [register, flush] in
      step(register.value) { promise.succeed($0) }
      flush(register.value)
    }
    return (try? await promise.futureResult.get()) ?? .failure(.unavailable)
  }
}
