import Policy
import Upstream

extension Classification {
  /// What the end of a transfer without a whole answer means; `ofEvents`: that answer was a stream.
  init(_ failure: TransferFailure, ofEvents: Bool) {
    self =
      switch failure.kind {
      case .connect: .transport(.connect)
      case .connectTimeout: .transport(.connectTimeout)
      case .tls: .transport(.tls)
      case .reset: .transport(.reset)
      case .garbage: .transport(.garbage)
      case .oversizedHead: .transport(.oversizedHead)
      case .brokenBody: .transport(ofEvents ? .brokenStream : .reset)
      case .local: .local
      }
  }
}
