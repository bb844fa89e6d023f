import CCurl

/// Easy handles to one URL with every option set, so that a request sets its body and nothing else.
///
/// Confined to the driver's loop. Handles in use are not counted here; idle ones are kept up to `idleLimit`.
final class CurlPool: TransferPool {
  let target: TransferTarget
  let driver: CurlDriver
  let headers: UnsafeMutablePointer<curl_slist>?
  private let url: CurlURL
  private var idle: [CurlTransfer] = []
  private let idleLimit = 256
  private var isRetired = false

  /// Fails where the URL can't be parsed or has another scheme than http or https.
  init(_ target: TransferTarget, url: CurlURL, driver: CurlDriver) {
    self.target = target
    self.driver = driver
    self.url = url
    headers = Self.list(target.headers)
  }

  deinit {
    idle.removeAll()
    curl_slist_free_all(headers)
  }

  private static func list(_ lines: [String]) -> UnsafeMutablePointer<curl_slist>? {
    lines.reduce(nil) { curl_slist_append($0, $1) }
  }

  /// The pool's fields and `extra`; the caller frees it.
  func headerList(with extra: [String]) -> UnsafeMutablePointer<curl_slist>? {
    Self.list(target.headers + extra)
  }

  func start(_ request: TransferRequest, consumer: any TransferConsumer) throws(UpstreamError) -> any Transfer
  {
    let transfer = try take()
    transfer.prepare(request, consumer: consumer)
    try driver.start(transfer)
    return transfer
  }

  /// A handle that is ready to be started.
  private func take() throws(UpstreamError) -> CurlTransfer {
    if let transfer = idle.popLast() { return transfer }
    guard let transfer = CurlTransfer(pool: self) else {
      throw UpstreamError("curl_easy_init failed: out of memory")
    }
    transfer.configureConnection(target)
    configure(transfer.easy)
    return transfer
  }

  func giveBack(_ transfer: CurlTransfer) {
    if idle.count < idleLimit, !isRetired { idle.append(transfer) }
  }

  /// Keeps no idle handles any more, which hold this pool; for a pool that is no longer in the target.
  func retire() {
    isRetired = true
    idle.removeAll()
  }

  private func configure(_ easy: UnsafeMutableRawPointer) {
    sy_easy_set_pointer(easy, CURLOPT_CURLU, UnsafeRawPointer(url.handle))
    sy_easy_set_pointer(easy, CURLOPT_HTTPHEADER, headers)
    sy_easy_set_long(easy, target.method == .post ? CURLOPT_POST : CURLOPT_HTTPGET, 1)
    configureVersion(easy)
    configureSafety(easy)
  }

  private func configureVersion(_ easy: UnsafeMutableRawPointer) {
    // libcurl 7.88 fails each reused cleartext HTTP/2 connection; over TLS, ALPN chooses.
    let version = target.url.hasPrefix("https://") ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1
    sy_easy_set_long(easy, CURLOPT_HTTP_VERSION, Int(version))
  }

  private func configureSafety(_ easy: UnsafeMutableRawPointer) {
    sy_easy_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
    sy_easy_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    sy_easy_set_long(easy, CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
    sy_easy_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1)
    sy_easy_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2)
    if let file = target.caFile { sy_easy_set_string(easy, CURLOPT_CAINFO, file) }
    if let file = target.clientCertificateFile { sy_easy_set_string(easy, CURLOPT_SSLCERT, file) }
    if let file = target.clientKeyFile { sy_easy_set_string(easy, CURLOPT_SSLKEY, file) }
  }
}

extension CurlDriver {
  func configureConnection(_ easy: UnsafeMutableRawPointer, _ target: TransferTarget) {
    sy_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
    sy_easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(target.connectTimeout.milliseconds))
    sy_easy_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
    sy_easy_set_long(easy, CURLOPT_TCP_KEEPIDLE, 30)
    sy_easy_set_long(easy, CURLOPT_TCP_KEEPINTVL, 10)
    sy_easy_set_string(easy, CURLOPT_PROXY, target.proxy ?? "")
    sy_easy_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    configureSockets(easy)
  }
}

extension Duration {
  var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
