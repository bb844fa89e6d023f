import CCurl

/// One easy handle with everything that lives as long as it does; reused for one request after another.
///
/// Owned by its `HandlePool` while idle and by the driver (one retain, taken at `add`, given back at `remove`) while active.
final class CurlTransfer: CurlHandle, Transfer {
  let pool: CurlPool
  private(set) var machine = CurlTransferMachine()
  private(set) var consumer: (any TransferConsumer)?
  private var bodyOwner: AnyObject?
  private var ownHeaders: UnsafeMutablePointer<curl_slist>?

  init?(pool: CurlPool) {
    self.pool = pool
    super.init(driver: pool.driver)
    let opaque = Unmanaged.passUnretained(self).toOpaque()
    sy_easy_set_pointer(easy, CURLOPT_WRITEDATA, opaque)
    sy_easy_set_pointer(easy, CURLOPT_HEADERDATA, opaque)
    sy_easy_set_write_callback(easy, CURLOPT_WRITEFUNCTION, receiveBody)
    sy_easy_set_write_callback(easy, CURLOPT_HEADERFUNCTION, receiveHeader)
    sy_easy_set_pointer(easy, CURLOPT_PREREQDATA, opaque)
    sy_easy_set_prerequest_callback(easy, beginRequest)
  }

  deinit { curl_slist_free_all(ownHeaders) }

  /// The one place that turns a callback's `void *` into a transfer.
  fileprivate static func of(_ context: UnsafeMutableRawPointer) -> CurlTransfer {
    Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
  }

  // MARK: What the owner of a running transfer may do

  func cancel() {
    switch machine.cancel() {
    case .none: break
    case .remove:
      consumer = nil
      driver.remove(self)
    }
  }

  func resume() { driver.resume(self) }

  // MARK: What the driver does

  func prepare(_ request: TransferRequest, consumer: any TransferConsumer) {
    machine.start()
    self.consumer = consumer
    bodyOwner = request.bodyOwner
    forgetError()
    if pool.target.method == .post {
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

  override var isCancelled: Bool { machine.state == .cancelled }

  /// Everything of this request is let go before the consumer hears of its end: it may start the next one on the same handle.
  override func ended(_ code: CURLcode, detach: () -> Void) {
    let consumer = self.consumer
    let end = machine.end()
    let failure = end == .none ? nil : self.failure(code, headReceived: end == .deliver(headReceived: true))
    release()
    detach()
    if end != .none { consumer?.transferEnded(failure) }
  }

  override func removed() {
    release()
    _ = machine.end()
  }

  override func wasDetached() { pool.giveBack(self) }

  private func release() {
    consumer = nil
    bodyOwner = nil
  }

  private func failure(_ code: CURLcode, headReceived: Bool) -> TransferFailure? {
    guard code != CURLE_OK || !headReceived else { return nil }
    // Without a whole head even an end that libcurl takes for a good one is none.
    let kind = machine.failure ?? (code == CURLE_OK ? .reset : .init(code, headReceived: headReceived))
    return TransferFailure(kind: kind, detail: detail(of: code))
  }

  // MARK: What libcurl reports

  fileprivate func header(_ line: UnsafeRawBufferPointer) -> Int {
    switch machine.header(line: line) {
    case .none: return line.count
    case .abort: return 0
    case .deliverHead:
      driver.markDirty(self)
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
      driver.markDirty(self)
      switch consumer.transferReceived(bytes) {
      case .more: return bytes.count
      case .pause: return Int(CURL_WRITEFUNC_PAUSE)
      }
    }
  }

  override func batchEnded() { consumer?.transferBatchEnded() }
}

/// CURLOPT_PREREQFUNCTION: a connection is there and the request about to be sent; on the loop, from inside libcurl.
private func beginRequest(
  _ context: UnsafeMutableRawPointer?, _ remoteAddress: UnsafeMutablePointer<CChar>?,
  _ localAddress: UnsafeMutablePointer<CChar>?, _ remotePort: CInt, _ localPort: CInt
) -> CInt {
  guard let context, CurlTransfer.of(context).mayBegin() else { return CURL_PREREQFUNC_ABORT }
  return CURL_PREREQFUNC_OK
}

/// libcurl's header callback: one line on the loop, from inside `curl_multi_socket_action`.
private func receiveHeader(
  _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  return CurlTransfer.of(context).header(UnsafeRawBufferPointer(start: data, count: size * count))
}

/// libcurl's write callback: body bytes on the loop, from inside `curl_multi_socket_action` or `curl_easy_pause`.
private func receiveBody(
  _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  return CurlTransfer.of(context).body(UnsafeRawBufferPointer(start: data, count: size * count))
}
