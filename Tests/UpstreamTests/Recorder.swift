import NIOCore
import Upstream

/// A consumer that keeps what it is told, and may slow the transfer down or cancel it.
final class Recorder: TransferConsumer {
  enum Flow: Sendable {
    case free
    /// Pauses before every piece whose number divides by this, and goes on a turn of the loop later.
    case pausing(every: Int)
    /// Cancels from inside the callback, once so many bytes have come.
    case cancelling(after: Int)
    /// Pauses at the first byte, and for good.
    case stuck
  }

  struct Outcome: Sendable {
    var status = 0
    var fields: [String] = []
    var body: [UInt8] = []
    var failure: TransferFailure?
    var pauses = 0
    /// Calls that should not have come: a second head, bytes before a head, anything behind the end.
    var strays = 0

    var text: String { String(decoding: body, as: UTF8.self) }
  }

  let ended: EventLoopPromise<Outcome>
  private(set) var outcome = Outcome()
  var transfer: (any Transfer)?
  private let loop: any EventLoop
  private let flow: Flow
  private var pieces = 0
  private(set) var isOver = false

  init(loop: any EventLoop, flow: Flow) {
    self.loop = loop
    self.flow = flow
    ended = loop.makePromise()
  }

  func cancel() {
    transfer?.cancel()
    over()
  }

  private func over() {
    guard !isOver else { return }
    isOver = true
    transfer = nil
    ended.succeed(outcome)
  }

  func transferReceivedHead(_ head: borrowing UpstreamHead) {
    if isOver || outcome.status != 0 { outcome.strays += 1 }
    outcome.status = head.status
    head.forEachField { name, value in
      outcome.fields.append(
        "\(String(decoding: name, as: UTF8.self)): \(String(decoding: value, as: UTF8.self))")
    }
  }

  func transferReceived(_ bytes: UnsafeRawBufferPointer) -> TransferFlow {
    if isOver || outcome.status == 0 { outcome.strays += 1 }
    pieces += 1
    switch flow {
    case .free: break
    case .pausing(let every):
      if pieces.isMultiple(of: every) { return pause() }
    case .cancelling(let limit):
      outcome.body += bytes
      if outcome.body.count >= limit { cancel() }
      return .more
    case .stuck:
      outcome.pauses += 1
      return .pause
    }
    outcome.body += bytes
    return .more
  }

  private func pause() -> TransferFlow {
    outcome.pauses += 1
    let bound = NIOLoopBound(self, eventLoop: loop)
    loop.execute { bound.value.transfer?.resume() }
    return .pause
  }

  func transferEnded(_ failure: TransferFailure?) {
    if isOver { outcome.strays += 1 }
    outcome.failure = failure
    over()
  }

  func transferBatchEnded() {}
}
