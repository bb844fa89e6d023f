import Dialects
import NIOCore
import Policy
import Telemetry
import Upstream

/// Passing the answer on: to the client, to those who read it live, or into the recording alone.
extension Attempt {
  /// Passes on what is held and what still comes; returns when the answer has ended, well or not.
  nonisolated(nonsending) func relay(to sink: AnswerSink) async -> Classification {
    if let verdict = finalVerdict {
      finish(sink, verdict)
      return verdict
    }
    phase = .relaying
    self.sink = sink
    sink.write(heldBytes.readableBytesView)
    heldBytes = ByteBuffer()
    sink.flush()
    mayWrite()
    return await ended()
  }

  /// Waits until the answer has ended, or more of it has come than is held: the rest comes once it is relayed. To be called once it has
  /// been judged a success.
  nonisolated(nonsending) func gathered() async {
    guard finalVerdict == nil, !isPaused else { return }
    isGathering = true
    await withUnsafeContinuation { gathering.wait($0) }
    isGathering = false
  }

  /// From now on takes what comes for the recording, and for those who read it live: while there is anybody who does, or to its end
  /// where it is `forCache`.
  func goOn(with stream: LiveStream?, forCache: Bool = false) {
    guard finalVerdict == nil else { return }
    phase = .relaying
    isUnattended = forCache
    heldBytes = ByteBuffer()
    live = stream
    stream?.onChange = { [weak self] in self?.audienceChanged() }
    audienceChanged()
  }

  /// The end of an answer of which something was sent already.
  func finish(_ sink: AnswerSink, _ verdict: Classification) {
    sink.write(heldBytes.readableBytesView)
    heldBytes = ByteBuffer()
    sink.end(broken: isWhole ? nil : verdict, tailWasReleased: scanner.tailWasReleased)
    self.sink = nil
  }

  // MARK: Those who read

  /// Somebody can be sent what comes next, or somebody else takes it.
  var isWanted: Bool { isUnattended || live?.isWanted ?? sink?.isWritable ?? false }

  /// It passes on to one client what nobody else reads.
  var isPrivate: Bool { sink != nil }

  /// The client reads again.
  func mayWrite() {
    guard isPaused, phase == .relaying, isWanted else { return }
    isPaused = false
    lastByteAt = SystemClock.monotonicNanoseconds()
    transfer?.resume()
  }

  /// One of those who read it live can be sent more, or has left.
  private func audienceChanged() {
    guard phase == .relaying else { return }
    if !isUnattended, let verdict = live?.desertion { return abort(verdict) }
    mayWrite()
  }

  /// Its exchange can't wait any longer, or has no client any more: it ends, unless others read it live. Where its time is up, nobody
  /// may join them.
  func leave(_ verdict: Classification) {
    guard let live, live.desertion == nil else { return abort(verdict) }
    if verdict.reason != .clientGone { live.close() }
    isUnattended = false
  }
}
