import CCurl
import CLinux
import Glibc
import NIOCore

/// Runs libcurl's multi interface on one event loop: its sockets through a `ReadinessBridge`, its timer as one NIO timer.
///
/// Confined to the loop. libcurl forbids calls into itself from its callbacks, so what consumers ask for there (cancel, resume)
/// is collected and done when libcurl has returned; then finished handles are reported, then everyone who received something
/// hears `transferBatchEnded()`, once.
final class CurlDriver {
  private let loop: any EventLoop
  private let multi: UnsafeMutableRawPointer
  private let bridge: ReadinessBridge
  private var ownSockets: Set<CInt> = []
  /// Open, but not libcurl's any more, which closes it nonetheless.
  private var givenAway: CInt?
  private var wanted: [CInt: ReadinessBridge.Events] = [:]
  private var dirty: [CurlHandle] = []
  private var toRemove: [CurlHandle] = []
  private var toResume: [CurlHandle] = []
  private var insideCurl = false
  private var finishing = false
  private var expiresNow = false
  private var deadline: NIODeadline?
  private var timer: (at: NIODeadline, scheduled: Scheduled<Void>)?
  private var isClosed = false

  /// Handles in libcurl's hands, and how many of them are transfers.
  private var activeCount = 0
  private(set) var activeTransfers = 0
  /// Sockets that libcurl holds open, idle ones included.
  var socketCount: Int { ownSockets.count }
  var wakerName: String { bridge.wakerName }

  init(loop: any EventLoop, mode: ReadinessBridge.Mode = .automatic) throws(UpstreamError) {
    loop.preconditionInEventLoop()
    guard curlIsReady, let multi = curl_multi_init() else {
      throw UpstreamError("libcurl can't be initialised")
    }
    self.loop = loop
    self.multi = multi
    bridge = try ReadinessBridge(loop: loop, mode: mode)
    let context = Unmanaged.passUnretained(self).toOpaque()
    sy_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, context)
    sy_multi_set_pointer(multi, CURLMOPT_TIMERDATA, context)
    sy_multi_set_socket_callback(multi, reportSocket)
    sy_multi_set_timer_callback(multi, reportTimer)
    sy_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 16384)
  }

  /// Begins to deliver readiness; transfers may start once this has succeeded.
  func start() -> EventLoopFuture<Void> {
    bridge.start(
      ready: { [unowned self] in ready($0, $1) },
      drained: { [unowned self] in finishBatch() })
  }

  /// Cancels what runs and closes every socket. The pools must not be used any more.
  func close() {
    precondition(activeCount == 0, "close() with transfers running: cancel them first")
    isClosed = true
    timer?.scheduled.cancel()
    curl_multi_cleanup(multi)
    bridge.close()
  }

  // MARK: Handles

  /// Hands a handle to libcurl, which may make progress with it at once.
  func start(_ handle: CurlHandle) throws(UpstreamError) {
    precondition(!insideCurl, "start() from inside a libcurl callback")
    let result = curl_multi_add_handle(multi, handle.easy)
    guard result == CURLM_OK else {
      throw UpstreamError("curl_multi_add_handle: \(String(cString: curl_multi_strerror(result)))")
    }
    _ = Unmanaged.passRetained(handle)
    count(handle, 1)
    finishBatch()
  }

  private func count(_ handle: CurlHandle, _ difference: Int) {
    activeCount += difference
    if handle is CurlTransfer { activeTransfers += difference }
  }

  func remove(_ handle: CurlHandle) {
    toRemove.append(handle)
    if !insideCurl, !finishing { finishBatch() }
  }

  func resume(_ handle: CurlHandle) {
    guard !handle.wantsResume else { return }
    handle.wantsResume = true
    toResume.append(handle)
    if !insideCurl, !finishing { finishBatch() }
  }

  func markDirty(_ handle: CurlHandle) {
    guard !handle.isDirty else { return }
    handle.isDirty = true
    dirty.append(handle)
  }

  /// Takes a handle from libcurl; pairs with `start`'s retain.
  private func detach(_ handle: CurlHandle) {
    curl_multi_remove_handle(multi, handle.easy)
    count(handle, -1)
    handle.isDirty = false
    handle.wantsResume = false
    handle.wasDetached()
    Unmanaged.passUnretained(handle).release()
  }

  // MARK: Batches

  private func ready(_ descriptor: CInt, _ events: ReadinessBridge.Events) {
    guard let interest = wanted[descriptor], !interest.isEmpty else { return bridge.forget(descriptor) }
    var mask: CInt = 0
    if events.contains(.readable) { mask |= CURL_CSELECT_IN }
    if events.contains(.writable) { mask |= CURL_CSELECT_OUT }
    if events.contains(.failed) { mask |= CURL_CSELECT_ERR }
    act(on: descriptor, mask)
  }

  private func act(on descriptor: CInt, _ mask: CInt) {
    var running: CInt = 0
    insideCurl = true
    curl_multi_socket_action(multi, descriptor, mask, &running)
    insideCurl = false
  }

  /// Everything that had to wait until libcurl returned. Consumers may start, cancel and resume transfers meanwhile.
  private func finishBatch() {
    guard !finishing else { return }
    finishing = true
    repeat {
      if expiresNow {
        expiresNow = false
        act(on: CURL_SOCKET_BAD, 0)
      }
      reportDone()
      removeCancelled()
      resumePaused()
      flushDirty()
    } while expiresNow || !toRemove.isEmpty || !toResume.isEmpty || !dirty.isEmpty
    finishing = false
    armTimer()
  }

  private func reportDone() {
    var easy: UnsafeMutableRawPointer?
    var result = CURLE_OK
    while sy_multi_next_done(multi, &easy, &result) != 0 {
      var context: UnsafeMutableRawPointer?
      guard let easy, sy_easy_get_pointer(easy, CURLINFO_PRIVATE, &context) == CURLE_OK, let context else {
        continue
      }
      let handle = CurlHandle.from(context)
      if handle.isCancelled { continue }  // in `toRemove` already
      handle.ended(result, detach: { detach(handle) })
    }
  }

  private func removeCancelled() {
    while let handle = toRemove.popLast() {
      handle.removed()
      detach(handle)
    }
  }

  private func resumePaused() {
    while let handle = toResume.popLast() {
      guard handle.wantsResume else { continue }
      handle.wantsResume = false
      insideCurl = true
      curl_easy_pause(handle.easy, CURLPAUSE_CONT)
      insideCurl = false
    }
  }

  private func flushDirty() {
    guard !dirty.isEmpty else { return }
    let batch = dirty
    dirty.removeAll(keepingCapacity: true)
    for handle in batch {
      handle.isDirty = false
      handle.batchEnded()
    }
  }

  // MARK: libcurl's timer

  fileprivate func timerChanged(milliseconds: Int) {
    switch milliseconds {
    case ..<0: deadline = nil
    case 0: expiresNow = true
    default: deadline = .now() + .milliseconds(Int64(milliseconds))
    }
  }

  /// One timer for all of libcurl's, moved lazily: it fires early rather than being cancelled and made again for each request.
  private func armTimer() {
    guard let deadline, !isClosed else { return }
    if let timer, timer.at <= deadline { return }
    timer?.scheduled.cancel()
    let bound = NIOLoopBound(self, eventLoop: loop)
    timer = (deadline, loop.scheduleTask(deadline: deadline) { bound.value.timerFired() })
  }

  private func timerFired() {
    timer = nil
    guard !isClosed else { return }
    if let deadline, deadline <= .now() {
      self.deadline = nil
      act(on: CURL_SOCKET_BAD, 0)
    }
    finishBatch()
  }

  // MARK: libcurl's sockets

  /// libcurl's interest in a descriptor. The watch stays when interest goes (most connections are used again at once) and is
  /// dropped by the first event that nobody wants; descriptors that aren't ours to close are dropped at once.
  fileprivate func socketChanged(_ descriptor: CInt, _ what: CInt) {
    guard what != CURL_POLL_REMOVE else {
      wanted[descriptor] = []
      if !ownSockets.contains(descriptor) { closed(descriptor) }
      return
    }
    var events: ReadinessBridge.Events = []
    if what & CURL_POLL_IN != 0 { events.insert(.readable) }
    if what & CURL_POLL_OUT != 0 { events.insert(.writable) }
    wanted[descriptor] = events
    bridge.watch(descriptor, for: events)
  }

  private func closed(_ descriptor: CInt) {
    wanted[descriptor] = nil
    bridge.forget(descriptor)
  }

  /// Milliseconds within which the system of a provider that vanished without a word, or is cut off, has to acknowledge what it was sent,
  /// a keep-alive probe on a quiet connection too: what waits there can be tried elsewhere then.
  private static let longestSilence: CInt = 10_000

  func configureSockets(_ easy: UnsafeMutableRawPointer) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    sy_easy_set_pointer(easy, CURLOPT_OPENSOCKETDATA, context)
    sy_easy_set_open_callback(easy, openSocket)
    sy_easy_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, context)
    sy_easy_set_close_callback(easy, closeSocket)
  }

  fileprivate func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    let flags = CInt(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(
      address.pointee.family, address.pointee.socktype | flags, address.pointee.protocol)
    guard descriptor >= 0 else { return CURL_SOCKET_BAD }
    if address.pointee.family != AF_UNIX {
      _ = sy_set_tcp_option(descriptor, CInt(TCP_USER_TIMEOUT), Self.longestSilence)
    }
    // libcurl closes a socket that didn't get connected without a word, so the number may be known from a former life.
    closed(descriptor)
    ownSockets.insert(descriptor)
    return descriptor
  }

  /// A descriptor that libcurl has opened and believes to close: someone else has it from now on.
  func giveAway(_ descriptor: CInt) {
    ownSockets.remove(descriptor)
    closed(descriptor)
    givenAway = descriptor
  }

  fileprivate func close(_ descriptor: curl_socket_t) -> CInt {
    if descriptor == givenAway {
      givenAway = nil
      return 0
    }
    ownSockets.remove(descriptor)
    closed(descriptor)
    return Glibc.close(descriptor)
  }

  /// The one place that turns libcurl's `void *` into a driver.
  fileprivate static func from(_ context: UnsafeMutableRawPointer) -> CurlDriver {
    Unmanaged<CurlDriver>.fromOpaque(context).takeUnretainedValue()
  }
}

/// Once in a process, before any handle is made.
private let curlIsReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

/// CURLMOPT_SOCKETFUNCTION; on the loop, from inside libcurl.
private func reportSocket(
  _ easy: UnsafeMutableRawPointer?, _ descriptor: curl_socket_t, _ what: CInt,
  _ context: UnsafeMutableRawPointer?,
  _ socketContext: UnsafeMutableRawPointer?
) -> CInt {
  if let context { CurlDriver.from(context).socketChanged(descriptor, what) }
  return 0
}

/// CURLMOPT_TIMERFUNCTION; on the loop, from inside libcurl: it must not call back.
private func reportTimer(
  _ multi: UnsafeMutableRawPointer?, _ milliseconds: Int, _ context: UnsafeMutableRawPointer?
) -> CInt {
  if let context { CurlDriver.from(context).timerChanged(milliseconds: milliseconds) }
  return 0
}

/// CURLOPT_OPENSOCKETFUNCTION.
private func openSocket(
  _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype,
  _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  guard let context, let address else { return CURL_SOCKET_BAD }
  return CurlDriver.from(context).open(address)
}

/// CURLOPT_CLOSESOCKETFUNCTION; sockets belong to the multi's cache and outlive easy handles, so the context is the driver.
private func closeSocket(_ context: UnsafeMutableRawPointer?, _ descriptor: curl_socket_t) -> CInt {
  guard let context else { return Glibc.close(descriptor) }
  return CurlDriver.from(context).close(descriptor)
}
