import Dialects
import NIOCore
import Policy
import Telemetry
import Upstream

/// What comes from the provider, byte by byte.
extension Attempt: TransferConsumer {
  func transferReceivedHead(_ head: borrowing UpstreamHead) {
    self.head = copy head
    guard isEventStream, (200..<300).contains(head.status) else { return }
    kind = .events
    translator = translated?.stream(choices: choices)
  }

  /// Ollama's streams are lines.
  private var isEventStream: Bool {
    (translated?.dialect ?? surface.dialect) == .ollama
      ? head.value(of: "content-type", startsWith: "application/x-ndjson")
      : head.value(of: "content-type", startsWith: "text/event-stream")
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

  /// A plain answer that is translated is ready once it is whole.
  private var isReady: Bool {
    heldBytes.readableBytes > Self.holdLimit && (translated == nil || kind == .events)
      || kind == .events && (translator?.facts.sawContent ?? scanner.facts.sawContent)
  }

  private func take(_ bytes: UnsafeRawBufferPointer) {
    guard translated == nil else { return translate(bytes) }
    guard kind == .events else { return keep(bytes) }
    scanner.feed(bytes, with: peek) { keep($0) }
    recording?.noteEnd(isWithinEvent: scanner.tailWasReleased)
  }

  /// The bytes of a plain answer are gathered as the provider sends them.
  private func translate(_ bytes: UnsafeRawBufferPointer) {
    if kind == .events {
      translator?.feed(bytes, with: peek) { keep($0) }
    } else if heldBytes.readableBytes + bytes.count <= Translated.mostBytes {
      heldBytes.writeBytes(bytes)
    } else {
      isOverlong = true
    }
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
    case .waiting where isOverlong: abort(.transport(.malformedBody))
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
    if let translated {
      answerFacts = takeTranslated(translated)
    } else {
      answerFacts = heldBytes.withUnsafeReadableBytes { peek.answer($0, surface: surface) }
    }
    isWhole = answerFacts != nil
    let byStatus = Classification(status: head.status, head.hints(answerFacts?.complaint))
    end(byStatus.kind == .success && !isWhole ? .transport(.malformedBody) : byStatus)
  }

  /// Puts the answer in the client's dialect where the provider's stood; nil where that was none.
  private func takeTranslated(_ translated: Translated) -> AnswerFacts? {
    let answer =
      isOverlong
      ? nil
      : heldBytes.withUnsafeReadableBytes {
        translated.answer($0, status: head.status, with: peek)
      }
    heldBytes = ByteBuffer()
    answer?.body.withUnsafeBytes { keep($0) }
    return answer?.facts
  }

  private func streamEnd() -> StreamEnd {
    translator?.finish(with: peek) { keep($0) } ?? scanner.finish(with: peek) { keep($0) }
  }

  private func endOfStream() {
    switch streamEnd() {
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
