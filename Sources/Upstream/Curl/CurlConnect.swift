import CCurl

/// One connection that libcurl makes (name, addresses, time limit) and that someone else then speaks on.
final class CurlConnect: CurlHandle {
  private var onEnd: ((Result<CInt, TransferFailure>) -> Void)?

  /// `onEnd` hears of the connected descriptor, which is the caller's from then on, unless `cancel()` comes before. It may be called
  /// before `start()` returns.
  init?(
    to target: TransferTarget, url: CurlURL, driver: CurlDriver,
    onEnd: @escaping (Result<CInt, TransferFailure>) -> Void
  ) {
    self.onEnd = onEnd
    super.init(driver: driver)
    sy_easy_set_pointer(easy, CURLOPT_CURLU, UnsafeRawPointer(url.handle))
    sy_easy_set_long(easy, CURLOPT_CONNECT_ONLY, 1)
    sy_easy_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
    configureConnection(target)
  }

  func start() throws(UpstreamError) { try driver.start(self) }

  func cancel() {
    guard onEnd != nil else { return }
    onEnd = nil
    driver.remove(self)
  }

  override var isCancelled: Bool { onEnd == nil }

  override func ended(_ code: CURLcode, detach: () -> Void) {
    let onEnd = self.onEnd
    self.onEnd = nil
    let result = self.result(code)
    detach()
    onEnd?(result)
  }

  override func removed() {}

  private func result(_ code: CURLcode) -> Result<CInt, TransferFailure> {
    guard code == CURLE_OK else {
      return .failure(TransferFailure(kind: .init(code, headReceived: false), detail: detail(of: code)))
    }
    var descriptor: curl_socket_t = CURL_SOCKET_BAD
    guard sy_easy_get_socket(easy, CURLINFO_ACTIVESOCKET, &descriptor) == CURLE_OK, descriptor >= 0 else {
      return .failure(TransferFailure(kind: .reset, detail: "the connection was lost as soon as it was made"))
    }
    driver.giveAway(descriptor)
    return .success(descriptor)
  }
}
