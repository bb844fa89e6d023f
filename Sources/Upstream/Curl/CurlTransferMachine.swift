/// The life of one transfer on one easy handle, as a value: what libcurl reports comes in, what to do comes out.
///
///     idle → awaitingHead → receivingBody → idle
///                 ↘︎            ↘︎
///                   cancelled (nothing more is delivered) → idle
struct CurlTransferMachine {
  enum State: Equatable {
    /// In the pool.
    case idle
    /// Sent, or being sent. An informational (1xx) head does not leave this state.
    case awaitingHead
    /// The final head was delivered.
    case receivingBody
    /// The owner lost interest, or the head was too large; whatever still comes is late.
    case cancelled
  }

  private(set) var state = State.idle
  private(set) var head = UpstreamHead(status: 0)
  private(set) var failure: TransferFailure.Kind?
  private var hasBegun = false

  mutating func start() {
    guard state == .idle else { preconditionFailure("start() while \(state)") }
    state = .awaitingHead
    head.reset(status: 0)
    failure = nil
    hasBegun = false
  }

  enum BeginAction: Equatable { case send, abort }

  /// A connection is there. libcurl sends a request again by itself where a kept connection was reset before the answer; whoever
  /// counts attempts has to know, so the second time is a failure instead.
  mutating func begin() -> BeginAction {
    if hasBegun {
      failure = .reset
      return .abort
    }
    hasBegun = true
    return .send
  }

  enum HeaderAction: Equatable {
    case none
    case deliverHead
    /// Make libcurl give up.
    case abort
  }

  /// One line as libcurl's header callback gives it, with its line end.
  mutating func header(line: UnsafeRawBufferPointer) -> HeaderAction {
    switch state {
    case .idle: preconditionFailure("a header line while idle")
    case .receivingBody: return .none  // a trailer
    case .cancelled: return .abort
    case .awaitingHead: break
    }
    let text = Self.withoutLineEnd(line)
    if text.isEmpty { return endOfHead() }
    if Self.isStatusLine(text) {
      head.reset(status: Self.status(of: text))
      return .none
    }
    guard head.byteCount + text.count <= UpstreamHead.limit else {
      failure = .oversizedHead
      return .abort
    }
    head.append(line: text)
    return .none
  }

  private mutating func endOfHead() -> HeaderAction {
    guard head.status >= 200 else { return .none }
    state = .receivingBody
    return .deliverHead
  }

  enum BodyAction: Equatable { case none, deliver, abort }

  mutating func body() -> BodyAction {
    switch state {
    case .idle: preconditionFailure("body bytes while idle")
    case .awaitingHead: return .abort  // libcurl gives no body without a head
    case .receivingBody: return .deliver
    case .cancelled: return .abort
    }
  }

  enum CancelAction: Equatable { case none, remove }

  mutating func cancel() -> CancelAction {
    switch state {
    case .idle, .cancelled: return .none
    case .awaitingHead, .receivingBody:
      state = .cancelled
      return .remove
    }
  }

  enum EndAction: Equatable { case none, deliver(headReceived: Bool) }

  /// libcurl has done with the handle, or it was removed.
  mutating func end() -> EndAction {
    let before = state
    state = .idle
    switch before {
    case .idle: preconditionFailure("end() while idle")
    case .cancelled: return .none
    case .awaitingHead: return .deliver(headReceived: false)
    case .receivingBody: return .deliver(headReceived: true)
    }
  }

  /// Whether a line begins with `HTTP/`, which no field's name can.
  private static func isStatusLine(_ line: UnsafeRawBufferPointer) -> Bool {
    line.count > 5 && line[0] == 0x48 && line[1] == 0x54 && line[2] == 0x54 && line[3] == 0x50
      && line[4] == 0x2F
  }

  private static func withoutLineEnd(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var count = line.count
    if count > 0, line[count - 1] == 0x0A { count -= 1 }
    if count > 0, line[count - 1] == 0x0D { count -= 1 }
    return UnsafeRawBufferPointer(rebasing: line[..<count])
  }

  /// The three digits behind the first blank of a status line; 0 where there are none.
  private static func status(of line: UnsafeRawBufferPointer) -> Int {
    guard let blank = line.firstIndex(of: 0x20), blank + 4 <= line.count else { return 0 }
    var status = 0
    for byte in line[(blank + 1)..<(blank + 4)] {
      guard byte &- 0x30 < 10 else { return 0 }
      status = status * 10 + Int(byte - 0x30)
    }
    return status
  }
}
