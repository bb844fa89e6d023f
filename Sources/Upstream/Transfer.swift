import CCurl

/// Whoever wants an answer. All calls come on the driver's loop; the first three from inside libcurl, where only
/// `Transfer.cancel()` and `Transfer.resume()` of this module may be called back.
package protocol TransferConsumer: AnyObject {
  /// The final head; once, before any bytes.
  func transferReceivedHead(_ head: borrowing UpstreamHead)
  /// Bytes of the body, valid during the call. `.pause` leaves them with libcurl until `resume()`.
  func transferReceived(_ bytes: UnsafeRawBufferPointer) -> TransferFlow
  /// The last call, unless the transfer was cancelled: the answer was complete (nil) or failed. It ends the batch too.
  func transferEnded(_ failure: TransferFailure?)
  /// Everything that was ready has been delivered, and more will come: the moment to write onwards.
  func transferBatchEnded()
}

package enum TransferFlow: Sendable { case more, pause }

/// One easy handle with everything that lives as long as it does; reused for one request after another.
///
/// Owned by its `HandlePool` while idle and by the driver (one retain, taken at `add`, given back at `remove`) while active.
package final class Transfer {
  /// Bytes of field lines that an answer's head may have.
  package static let headLimit = 64 << 10

  let easy: UnsafeMutableRawPointer
  let pool: HandlePool
  private let errorText: UnsafeMutablePointer<CChar>
  private(set) var machine = TransferMachine()
  private(set) var consumer: (any TransferConsumer)?
  private var bodyOwner: AnyObject?
  private var ownHeaders: UnsafeMutablePointer<curl_slist>?
  var isDirty = false
  var wantsResume = false

  init?(pool: HandlePool) {
    guard let easy = curl_easy_init() else { return nil }
    self.easy = easy
    self.pool = pool
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    sy_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    sy_easy_set_pointer(easy, CURLOPT_PRIVATE, opaque)
    sy_easy_set_pointer(easy, CURLOPT_WRITEDATA, opaque)
    sy_easy_set_pointer(easy, CURLOPT_HEADERDATA, opaque)
    sy_easy_set_write_callback(easy, CURLOPT_WRITEFUNCTION, receiveBody)
    sy_easy_set_write_callback(easy, CURLOPT_HEADERFUNCTION, receiveHeader)
    sy_easy_set_pointer(easy, CURLOPT_PREREQDATA, opaque)
    sy_easy_set_prerequest_callback(easy, beginRequest)
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(ownHeaders)
    errorText.deallocate()
  }

  private var opaque: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  /// The one place that turns libcurl's `void *` into a transfer.
  static func from(_ context: UnsafeMutableRawPointer) -> Transfer {
    Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  }

  // MARK: What the owner of a running transfer may do

  /// Ends the transfer at once; nothing more is delivered. Late calls do nothing.
  package func cancel() {
    switch machine.cancel() {
    case .none: break
    case .remove:
      consumer = nil
      pool.driver.remove(self)
    }
  }

  /// Goes on after `.pause`.
  package func resume() { pool.driver.resume(self) }

  // MARK: What the driver does

  func prepare(_ request: TransferRequest, consumer: any TransferConsumer) {
    machine.start()
    self.consumer = consumer
    bodyOwner = request.bodyOwner
    errorText.pointee = 0
    if pool.configuration.method == .post {
      sy_easy_set_pointer(easy, CURLOPT_POSTFIELDS, request.body.baseAddress)
      sy_easy_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
    }
    // libcurl asks before it sends a large body; an empty field keeps it from asking.
    let headers = request.body.count > 1 << 20 ? request.headers + ["Expect:"] : request.headers
    if !headers.isEmpty || ownHeaders != nil { use(headers: headers) }
  }

  /// Fields of this request alone, behind those of the pool; back to the pool's own list where there are none.
  private func use(headers: [String]) {
    let before = ownHeaders
    ownHeaders = headers.isEmpty ? nil : pool.headerList(with: headers)
    sy_easy_set_pointer(easy, CURLOPT_HTTPHEADER, ownHeaders ?? pool.headers)
    curl_slist_free_all(before)
  }

  /// libcurl has done with the handle. It is `detach`ed, and everything of this request is let go, before the consumer hears of it:
  /// the consumer may start the next request on the same handle.
  func ended(_ code: CURLcode, detach: () -> Void) {
    let consumer = self.consumer
    let end = machine.end()
    let failure = end == .none ? nil : self.failure(code, headReceived: end == .deliver(headReceived: true))
    isDirty = false
    release()
    detach()
    if end != .none { consumer?.transferEnded(failure) }
  }

  /// The handle was taken away from libcurl after `cancel()`.
  func removed() {
    release()
    _ = machine.end()
  }

  private func release() {
    consumer = nil
    bodyOwner = nil
    wantsResume = false
  }

  private func failure(_ code: CURLcode, headReceived: Bool) -> TransferFailure? {
    guard code != CURLE_OK || !headReceived else { return nil }
    // Without a whole head even an end that libcurl takes for a good one is none.
    let kind = machine.failure ?? (code == CURLE_OK ? .reset : .init(code, headReceived: headReceived))
    let text =
      errorText.pointee == 0
      ? curl_easy_strerror(code).map { String(cString: $0) } : String(cString: errorText)
    return TransferFailure(kind: kind, detail: text ?? "libcurl error \(code.rawValue)")
  }

  // MARK: What libcurl reports

  fileprivate func header(_ line: UnsafeRawBufferPointer) -> Int {
    switch machine.header(line: line) {
    case .none: return line.count
    case .abort: return 0
    case .deliverHead:
      pool.driver.markDirty(self)
      consumer?.transferReceivedHead(machine.head)
      return line.count
    }
  }

  fileprivate func mayBegin() -> Bool { machine.begin() == .send }

  fileprivate func body(_ bytes: UnsafeRawBufferPointer) -> Int {
    switch machine.body() {
    case .none: return bytes.count
    case .abort: return 0
    case .deliver:
      guard let consumer else { return 0 }
      pool.driver.markDirty(self)
      switch consumer.transferReceived(bytes) {
      case .more: return bytes.count
      case .pause: return Int(CURL_WRITEFUNC_PAUSE)
      }
    }
  }

  func batchEnded() {
    isDirty = false
    consumer?.transferBatchEnded()
  }
}

/// CURLOPT_PREREQFUNCTION: a connection is there and the request about to be sent; on the loop, from inside libcurl.
private func beginRequest(
  _ context: UnsafeMutableRawPointer?, _ remoteAddress: UnsafeMutablePointer<CChar>?,
  _ localAddress: UnsafeMutablePointer<CChar>?, _ remotePort: CInt, _ localPort: CInt
) -> CInt {
  guard let context, Transfer.from(context).mayBegin() else { return CURL_PREREQFUNC_ABORT }
  return CURL_PREREQFUNC_OK
}

/// libcurl's header callback: one line on the loop, from inside `curl_multi_socket_action`.
private func receiveHeader(
  _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  return Transfer.from(context).header(UnsafeRawBufferPointer(start: data, count: size * count))
}

/// libcurl's write callback: body bytes on the loop, from inside `curl_multi_socket_action` or `curl_easy_pause`.
private func receiveBody(
  _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  return Transfer.from(context).body(UnsafeRawBufferPointer(start: data, count: size * count))
}

/// What one transfer sends.
package struct TransferRequest {
  /// Must not move or change until the transfer has ended; `bodyOwner` is held that long.
  package var body: UnsafeRawBufferPointer
  package var bodyOwner: AnyObject?
  /// Whole field lines (`name: value`) besides those of the pool. Each costs: libcurl spends about 115 instructions a byte.
  package var headers: [String]

  package init(body: UnsafeRawBufferPointer, bodyOwner: AnyObject?, headers: [String] = []) {
    self.body = body
    self.bodyOwner = bodyOwner
    self.headers = headers
  }
}
