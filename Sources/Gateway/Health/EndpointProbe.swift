import Upstream

/// One short GET of an endpoint: its status and the beginning of its body, or why there is none. Confined to its loop.
final class EndpointProbe: TransferConsumer {
  enum End: Equatable, Sendable {
    case answered(status: Int, body: [UInt8])
    case failed(String)
  }

  private let mostBytes: Int
  private var status: Int?
  private var body: [UInt8] = []
  private var transfer: (any Transfer)?
  private var onEnd: ((End) -> Void)?

  /// Bytes of the body beyond `mostBytes` are not waited for.
  init(keeping mostBytes: Int, _ onEnd: @escaping (End) -> Void) {
    self.mostBytes = mostBytes
    self.onEnd = onEnd
  }

  /// `onEnd` may be called before this returns.
  func start(on pool: any TransferPool) {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    do {
      let transfer = try pool.start(TransferRequest(body: nothing, bodyOwner: nil), consumer: self)
      if onEnd != nil { self.transfer = transfer }
    } catch {
      end(.failed(error.description))
    }
  }

  /// Waits no longer.
  func giveUp(_ reason: String) {
    transfer?.cancel()
    end(.failed(reason))
  }

  func transferReceivedHead(_ head: borrowing UpstreamHead) { status = head.status }

  func transferReceived(_ bytes: UnsafeRawBufferPointer) -> TransferFlow {
    body.append(contentsOf: bytes.prefix(mostBytes - body.count))
    return .more
  }

  func transferBatchEnded() {
    guard body.count >= mostBytes, let status else { return }
    transfer?.cancel()
    end(.answered(status: status, body: body))
  }

  func transferEnded(_ failure: TransferFailure?) {
    if let failure { return end(.failed("\(failure.kind.rawValue): \(failure.detail)")) }
    end(status.map { .answered(status: $0, body: body) } ?? .failed("no answer"))
  }

  private func end(_ end: End) {
    transfer = nil
    let onEnd = self.onEnd
    self.onEnd = nil
    onEnd?(end)
  }
}
