import Glibc

/// One load from its start to its end. Everything happens on the calling thread.
struct Load {
  let target: Target
  let requests: [[UInt8]]
  var poller: Poller
  let seconds: Double
  private(set) var tally = Tally()
  /// Seconds that the load lasted.
  private(set) var elapsed = 0.0
  private var byDescriptor: [Connection?] = []
  private var turn = 0
  /// Connections that failed, and when they try again: at once would be a busy loop against a closed port.
  private var resting: [(until: Int64, connection: Connection)] = []
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)

  /// How long a connection that failed rests.
  static let rest: Int64 = 10_000_000
  /// How long an open loop waits for the last answers.
  static let grace: Int64 = 10_000_000_000

  init(target: Target, requests: [[UInt8]], poller: Poller, seconds: Double) {
    self.target = target
    self.requests = requests
    self.poller = poller
    self.seconds = seconds
  }

  private mutating func connected() throws(LoadError) -> Connection {
    let connection = Connection()
    guard reconnect(connection) else { throw LoadError(description: "cannot connect: errno \(errno)") }
    return connection
  }

  private mutating func reconnect(_ connection: Connection) -> Bool {
    guard connection.connect(to: target, poller) else { return false }
    let index = Int(connection.descriptor)
    while byDescriptor.count <= index { byDescriptor.append(nil) }
    byDescriptor[index] = connection
    return true
  }

  /// Sends the next request on a connection that is free; a failure counts and ends the connection.
  private mutating func fire(_ connection: Connection, since: Int64) -> Bool {
    tally.issued += 1
    turn = turn + 1 < requests.count ? turn + 1 : 0
    if connection.send(requests[turn], since: since, poller) { return true }
    fail(connection)
    return false
  }

  private mutating func fail(_ connection: Connection) {
    tally.broken += 1
    connection.close()
    resting.append((now() + Self.rest, connection))
  }

  /// Reconnects what has rested enough; hands out what is free again.
  private mutating func wake(at time: Int64, _ free: (inout Self, Connection) -> Void) {
    while let first = resting.first, first.until <= time {
      resting.removeFirst()
      if reconnect(first.connection) {
        free(&self, first.connection)
      } else {
        resting.append((time + Self.rest, first.connection))
      }
    }
  }

  /// Waits up to `nanoseconds` and takes what has come; `free` gets each connection whose answer is in.
  private mutating func take(
    _ nanoseconds: Int64, countsUntil end: Int64, _ free: (inout Self, Connection) -> Void
  ) {
    for index in 0..<poller.wait(nanoseconds: nanoseconds) {
      let (descriptor, isWritable, isReadable) = poller.event(index)
      let known = byDescriptor[Int(descriptor)]
      guard let connection = known, connection.descriptor == descriptor else { continue }
      if isWritable, connection.isBusy, !connection.push(poller) { fail(connection) }
      if isReadable, connection.descriptor == descriptor { read(connection, countsUntil: end, free) }
    }
  }

  private mutating func read(
    _ connection: Connection, countsUntil end: Int64, _ free: (inout Self, Connection) -> Void
  ) {
    let wasBusy = connection.isBusy
    switch connection.read(into: buffer, &tally) {
    case .none: return
    case .failed where wasBusy: fail(connection)
    case .failed:
      // An idle connection that the server closed: nothing is lost.
      if !reconnect(connection) { resting.append((now() + Self.rest, connection)) }
    case .finished:
      count(connection, until: end)
      if connection.reader.closes, !reconnect(connection) {
        resting.append((now() + Self.rest, connection))
      } else {
        free(&self, connection)
      }
    }
  }

  private mutating func count(_ connection: Connection, until end: Int64) {
    let time = now()
    guard time <= end else { return }
    tally.count(status: connection.reader.status)
    tally.bodyBytes += connection.reader.bodyBytes
    if connection.reader.status / 100 == 2 { tally.latency.note(nanoseconds: time - connection.since) }
  }
}

// MARK: - The three loads

extension Load {
  /// Each connection sends its next request when the answer is in.
  mutating func runClosed(connections: Int) throws(LoadError) {
    let start = now()
    let end = start + Int64(seconds * 1e9)
    for _ in 0..<connections { _ = fire(try connected(), since: now()) }
    while case let time = now(), time < end {
      wake(at: time) { load, connection in _ = load.fire(connection, since: now()) }
      take(resting.isEmpty ? end - time : Self.rest, countsUntil: end) { load, connection in
        if case let time = now(), time < end { _ = load.fire(connection, since: time) }
      }
    }
    elapsed = Double(now() - start) / 1e9
  }

  /// Requests are sent when they are due, or, where no connection is free, as soon as one is.
  mutating func runOpen(connections: Int, arrivals: Arrivals) throws(LoadError) {
    var arrivals = arrivals
    var idle: [Connection] = []
    for _ in 0..<connections { idle.append(try connected()) }
    let start = now()
    let end = start + Int64(seconds * 1e9)
    var due: [Int64] = []
    var head = 0
    while case let time = now(), time < end + Self.grace {
      while case let next = start + arrivals.next, next <= time, next < end {
        due.append(next)
        arrivals.advance()
      }
      while head < due.count, let connection = idle.popLast() {
        _ = fire(connection, since: due[head])
        head += 1
      }
      if time >= end, head == due.count, idle.count + resting.count == connections { break }
      wake(at: time) { _, connection in idle.append(connection) }
      let next = time < end ? min(start + arrivals.next, end) - time : Self.rest
      take(max(0, min(next, Self.rest)), countsUntil: .max) { _, connection in idle.append(connection) }
    }
    tally.issued += due.count - head
    elapsed = seconds
  }

  /// Opens `count` streams, says so in a line of JSON once each has its first event or has failed, and holds them
  /// until standard input ends or the time is up.
  mutating func hold(_ count: Int, perSecond: Double) throws(LoadError) {
    let start = now()
    let end = start + Int64(seconds * 1e9)
    var opened = 0
    var isTold = false
    while case let time = now(), time < end {
      while opened < count, time >= start + Int64(Double(opened) * 1e9 / perSecond) {
        _ = fire(try connected(), since: time)
        opened += 1
      }
      take(1_000_000, countsUntil: end) { _, _ in }
      if !isTold, opened == count, tally.first.values.count + tally.broken + tally.refused >= count {
        isTold = true
        print("{\"open\":\(count - tally.broken - tally.refused - tally.succeeded)}")
        fflush(nil)
      }
      if isTold, inputEnded() { break }
    }
    elapsed = Double(now() - start) / 1e9
  }

  private func inputEnded() -> Bool {
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    return poll(&input, 1, 0) > 0
  }
}
