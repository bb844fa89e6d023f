import NIOConcurrencyHelpers
import NIOPosix
import Synchronization

/// Writes the workers' lines to a descriptor on one background thread, in the order they were handed over.
///
/// Holds at most ``maximumQueued`` bytes; what comes beyond it is dropped and counted, so that a slow reader
/// costs lines and never a request. The descriptor stays its owner's.
package final class AccessLogWriter: Sendable {
  private let sink: LogSink
  private let thread = NIOThreadPool(numberOfThreads: 1)
  private let maximumQueued: Int
  private let queued = Atomic<Int>(0)
  private let droppedLines = Atomic<Int>(0)
  private let isClosed = Atomic<Bool>(false)
  /// Buffers that come back from the thread, to be filled again.
  private let spare = NIOLockedValueBox<[[UInt8]]>([])

  /// Starts the thread.
  /// - Parameters:
  ///   - descriptor: where the lines go: 1 is the standard output. It may be blocking or not.
  ///   - maximumQueued: bytes that may wait for the thread.
  package init(descriptor: CInt = 1, maximumQueued: Int = 8 * 1_024 * 1_024) {
    sink = LogSink(descriptor: descriptor)
    self.maximumQueued = maximumQueued
    thread.start()
  }

  /// Lines lost since the start.
  package var dropped: Int { droppedLines.load(ordering: .relaxed) }

  /// Waits until all lines handed over before are written, then stops the thread.
  ///
  /// The workers flush first. A reader that takes nothing for `grace` ends the wait; its lines count as
  /// dropped.
  package func close(grace: Duration = .seconds(2)) async {
    guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
    sink.setPatience(SystemClock.monotonicNanoseconds() + Int64(grace / .nanoseconds(1)))
    await withCheckedContinuation { done in thread.submit { _ in done.resume() } }
    try? await thread.shutdownGracefully()
  }

  /// Takes the first `used` bytes of a buffer; false when they were dropped and the buffer is still the
  /// caller's.
  func submit(_ buffer: [UInt8], used: Int, lines: Int) -> Bool {
    let isFull = queued.load(ordering: .relaxed) + used > maximumQueued
    guard !isFull, !isClosed.load(ordering: .relaxed) else {
      drop(lines)
      return false
    }
    queued.add(used, ordering: .relaxed)
    thread.submit { state in
      // Cancelled means called on the caller's own thread, after `close`: a loop must not write.
      if state == .active { self.write(buffer, used: used, lines: lines) } else { self.drop(lines) }
    }
    return true
  }

  /// A buffer of ``AccessLog/capacity`` bytes, used before if there is one.
  func emptyBuffer() -> [UInt8] {
    spare.withLockedValue { $0.popLast() } ?? [UInt8](repeating: 0, count: AccessLog.capacity)
  }

  private func write(_ buffer: [UInt8], used: Int, lines: Int) {
    let isWritten = buffer.withUnsafeBytes { sink.write(UnsafeRawBufferPointer(rebasing: $0[..<used])) }
    if !isWritten { drop(lines) }
    queued.subtract(used, ordering: .relaxed)
    spare.withLockedValue { if $0.count < Self.maximumSpare { $0.append(buffer) } }
  }

  private func drop(_ lines: Int) { droppedLines.add(lines, ordering: .relaxed) }

  private static let maximumSpare = 16
}
