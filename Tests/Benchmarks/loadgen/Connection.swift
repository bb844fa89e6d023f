import CLinux
import Glibc

/// One socket and the exchange on it.
final class Connection {
  private(set) var descriptor: Int32 = -1
  private(set) var isBusy = false
  var reader = AnswerReader()
  private var request: [UInt8] = []
  private var sent = 0
  /// The moment the request was due.
  private(set) var since: Int64 = 0
  private var lastRead: Int64 = 0
  private var watchesWrites = false

  enum Event: Equatable {
    case none
    case finished
    case failed
  }

  /// A fresh socket to `target` in the place of the old one; whether there is one.
  func connect(to target: Target, _ poller: Poller) -> Bool {
    close()
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { return false }
    _ = sy_set_tcp_option(descriptor, Int32(TCP_NODELAY), 1)
    var address = target.address
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 || errno == EINPROGRESS else {
      close()
      return false
    }
    poller.add(descriptor)
    return true
  }

  func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
    isBusy = false
    watchesWrites = false
  }

  /// Sends `request`, due at `since`; false where the socket has failed.
  func send(_ request: [UInt8], since: Int64, _ poller: Poller) -> Bool {
    self.request = request
    self.since = since
    sent = 0
    isBusy = true
    reader.reset()
    return push(poller)
  }

  /// Sends what is left of the request.
  func push(_ poller: Poller) -> Bool {
    while sent < request.count {
      let count = request.withUnsafeBytes { bytes in
        Glibc.send(
          descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count < 0 {
        guard errno == EAGAIN else { return false }
        watchWrites(true, poller)
        return true
      }
      sent += count
    }
    if watchesWrites { watchWrites(false, poller) }
    return true
  }

  private func watchWrites(_ isWanted: Bool, _ poller: Poller) {
    watchesWrites = isWanted
    poller.watchWrites(descriptor, isWanted)
  }

  /// Reads once into `buffer` and notes when bytes of a body came.
  func read(into buffer: UnsafeMutableRawBufferPointer, _ tally: inout Tally) -> Event {
    let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
    guard count > 0 else {
      if count < 0, errno == EAGAIN || errno == EINTR { return .none }
      return count == 0 && isBusy && reader.endsWithConnection ? finish() : .failed
    }
    guard isBusy else { return .failed }
    let before = reader.bodyBytes
    let progress = reader.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    if reader.bodyBytes > before { note(isFirst: before == 0, &tally) }
    switch progress {
    case .more: return .none
    case .whole: return finish()
    case .broken: return .failed
    }
  }

  private func note(isFirst: Bool, _ tally: inout Tally) {
    let time = now()
    if isFirst {
      tally.first.note(nanoseconds: time - since)
    } else {
      tally.gap.note(nanoseconds: time - lastRead)
    }
    lastRead = time
  }

  private func finish() -> Event {
    isBusy = false
    return .finished
  }
}
