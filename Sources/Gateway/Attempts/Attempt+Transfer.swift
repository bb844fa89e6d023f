import Dialects
import NIOCore
import Policy
import Telemetry
import Upstream

/// What comes from the provider, byte by byte.
extension Attempt: TransferConsumer {
  func transferReceivedHead(_ head: borrowing UpstreamHead) {
    self.head = copy head
    let isEventStream = head.value(of: "content-type", startsWith: "text/event-stream")
    if isEventStream, (200..<300).contains(head.status) { kind = .events }
  }

  func transferReceived(_ bytes: UnsafeRawBufferPointer) -> TransferFlow {
    switch phase {
    case .ended: return .more
    case .waiting, .held:
      guard heldBytes.readableBytes + bytes.count <= Self.holdLimit || phase == .waiting else {
        isPaused = true
        gathering.fill(())
        return .pause
      }
      take(bytes)
      if phase == .waiting, isReady { phase = .held }
      return .more
    case .relaying:
      guard isWanted else {
        isPaused = true
        return .pause
      }
      take(bytes)
      return .more
    }
  }

  private var isReady: Bool {
    heldBytes.readableBytes > Self.holdLimit || kind == .events && scanner.facts.sawContent
  }

  private func take(_ bytes: UnsafeRawBufferPointer) {
    guard kind == .events else { return keep(bytes) }
    scanner.feed(bytes, with: peek) { keep($0) }
    recording?.noteEnd(isWithinEvent: scanner.tailWasReleased)
  }

  /// Onwards to the client, or to where it is held until the pipeline commits.
  private func keep(_ bytes: UnsafeRawBufferPointer) {
    seenBytes += bytes.count
    if let recording { record(bytes, in: recording) }
    if let sink { sink.write(bytes) } else if phase != .relaying { heldBytes.writeBytes(bytes) }
  }

  private func record(_ bytes: UnsafeRawBufferPointer, in recording: AnswerRecording) {
    let offset = (SystemClock.monotonicNanoseconds() - startedAt) / 1_000_000
    recording.take(bytes, isEvents: kind == .events, at: offset)
  }

  func transferBatchEnded() {
    lastByteAt = SystemClock.monotonicNanoseconds()
    switch phase {
    case .held:
      let verdict = Classification(status: head.status)
      if verdict.kind == .success { call?.answers(after: lastByteAt - startedAt, isStream: kind == .events) }
      executor.handle { judge(verdict) }
    case .relaying:
      sink?.flush()
      live?.advance()
    case .waiting, .ended: break
    }
  }

  func transferEnded(_ failure: TransferFailure?) {
    transfer = nil
    executor.handle {
      if let failure {
        failureDetail = failure.detail
        end(Classification(failure, ofEvents: kind == .events))
      } else {
        kind == .events ? endOfStream() : endOfPlainAnswer()
      }
    }
  }

  private func endOfPlainAnswer() {
    guard phase == .waiting else {
      isWhole = true  // too large to be held, and so to be checked
      return end(Classification(status: head.status, head.hints(nil)))
    }
    answerFacts = heldBytes.withUnsafeReadableBytes { peek.answer($0, surface: surface) }
    isWhole = answerFacts != nil
    let byStatus = Classification(status: head.status, head.hints(answerFacts?.complaint))
    end(byStatus.kind == .success && !isWhole ? .transport(.malformedBody) : byStatus)
  }

  private func endOfStream() {
    switch scanner.finish(with: peek, into: { keep($0) }) {
    case .complete:
      isWhole = true
      end(.success)
    case .failed:
      // The provider's own error event says it all once anything was sent; before that, another attempt may do better.
      isWhole = true
      end(.transport(.errorEvent))
    case .truncated:
      failureDetail = "the stream ended without its last event"
      end(.transport(.brokenStream))
    }
  }
}
