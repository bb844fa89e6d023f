import NIOCore
import Telemetry

/// The time before an exchange's next attempt.
// @unchecked Sendable: the timer that holds it fires on the worker's loop, where it was made and where all that ends it early runs;
// NIO asks for a closure that could run anywhere.
final class Pause: @unchecked Sendable {
  private var signal = Signal<Void>()

  func end() { signal.fill(()) }
  func wait(_ continuation: UnsafeContinuation<Void, Never>) { signal.wait(continuation) }
}

extension Worker {
  /// Waits before the next attempt, at most until it is known that there will be none.
  func pause(_ nanoseconds: Int64, _ exchange: Exchange) async {
    let pause = Pause()
    exchange.pause = pause
    let since = SystemClock.monotonicNanoseconds()
    let timer = loop.scheduleTask(in: .nanoseconds(nanoseconds)) { [executor] in
      executor.handle { pause.end() }
    }
    await withUnsafeContinuation { pause.wait($0) }
    timer.cancel()
    exchange.pause = nil
    exchange.answer.pauses += min(nanoseconds, SystemClock.monotonicNanoseconds() - since)
  }
}
