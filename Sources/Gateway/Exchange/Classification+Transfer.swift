import Policy
import Telemetry
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

extension UpstreamHead {
  /// What it says of a failure, with what the body says.
  func hints(_ complaint: Classification.Complaint?) -> Classification.Hints {
    guard status >= 400 else { return Classification.Hints() }
    let isOverload = status == 503 || status == 529
    return Classification.Hints(
      asksToWait: isOverload
        && Cooldown.isAsked(cooldown, isLimited: false, wallClock: SystemClock.wallMilliseconds()),
      complaint: complaint)
  }

  /// What it says of how long to stay away.
  var cooldown: Cooldown.Fields {
    var fields = Cooldown.Fields()
    fields.retryAfter = first("retry-after")
    fields.retryAfterMilliseconds = first("retry-after-ms")
    fields.date = first("date")
    if let reset = first("x-ratelimit-reset-requests") {
      fields.limits.append((first("x-ratelimit-remaining-requests"), reset))
    }
    if let reset = first("x-ratelimit-reset-tokens") {
      fields.limits.append((first("x-ratelimit-remaining-tokens"), reset))
    }
    return fields
  }
}
