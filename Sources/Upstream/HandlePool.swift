import CCurl

/// Where a pool's transfers go, and how.
package struct HandleConfiguration: Sendable, Hashable {
  package enum Method: Sendable { case get, post }

  /// The whole URL, `https://api.openai.com/v1/chat/completions`.
  package var url: String
  package var method = Method.post
  /// Field lines of every request: content type, credential. Few and short.
  package var headers: [String] = []
  /// PEM files; nil is the system's own authorities, and no client certificate.
  package var caFile: String?
  package var clientCertificateFile: String?
  package var clientKeyFile: String?
  /// `http://host:port`; nil goes there directly, whatever the environment says.
  package var proxy: String?
  package var connectTimeout: Duration = .seconds(5)

  package init(url: String) { self.url = url }
}

/// Easy handles to one URL with every option set, so that a request sets its body and nothing else.
///
/// Confined to the driver's loop. Handles in use are not counted here; idle ones are kept up to `idleLimit`.
package final class HandlePool {
  package let configuration: HandleConfiguration
  let driver: CurlDriver
  let headers: UnsafeMutablePointer<curl_slist>?
  private let url: OpaquePointer
  private var idle: [Transfer] = []
  private let idleLimit = 256
  private var isRetired = false

  /// Fails where the URL can't be parsed or has another scheme than http or https.
  package init(_ configuration: HandleConfiguration, driver: CurlDriver) throws(UpstreamError) {
    guard configuration.url.hasPrefix("http://") || configuration.url.hasPrefix("https://"),
      let url = curl_url()
    else { throw UpstreamError("\(configuration.url): only http:// and https:// URLs can be called") }
    let result = curl_url_set(url, CURLUPART_URL, configuration.url, 0)
    guard result == CURLUE_OK else {
      curl_url_cleanup(url)
      throw UpstreamError("\(configuration.url): \(String(cString: curl_url_strerror(result)))")
    }
    self.configuration = configuration
    self.driver = driver
    self.url = url
    headers = Self.list(configuration.headers)
  }

  deinit {
    idle.removeAll()
    curl_slist_free_all(headers)
    curl_url_cleanup(url)
  }

  private static func list(_ lines: [String]) -> UnsafeMutablePointer<curl_slist>? {
    lines.reduce(nil) { curl_slist_append($0, $1) }
  }

  /// The pool's fields and `extra`; the caller frees it.
  func headerList(with extra: [String]) -> UnsafeMutablePointer<curl_slist>? {
    Self.list(configuration.headers + extra)
  }

  /// A handle that is ready to be started.
  func take() throws(UpstreamError) -> Transfer {
    if let transfer = idle.popLast() { return transfer }
    guard let transfer = Transfer(pool: self) else {
      throw UpstreamError("curl_easy_init failed: out of memory")
    }
    configure(transfer.easy)
    return transfer
  }

  func giveBack(_ transfer: Transfer) {
    if idle.count < idleLimit, !isRetired { idle.append(transfer) }
  }

  /// Keeps no idle handles any more, which hold this pool; for a pool that is no longer in the configuration.
  package func retire() {
    isRetired = true
    idle.removeAll()
  }

  private func configure(_ easy: UnsafeMutableRawPointer) {
    sy_easy_set_pointer(easy, CURLOPT_CURLU, UnsafeRawPointer(url))
    sy_easy_set_pointer(easy, CURLOPT_HTTPHEADER, headers)
    sy_easy_set_long(easy, configuration.method == .post ? CURLOPT_POST : CURLOPT_HTTPGET, 1)
    configureConnection(easy)
    configureSafety(easy)
  }

  private func configureConnection(_ easy: UnsafeMutableRawPointer) {
    sy_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
    sy_easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(configuration.connectTimeout.milliseconds))
    sy_easy_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
    sy_easy_set_long(easy, CURLOPT_TCP_KEEPIDLE, 30)
    sy_easy_set_long(easy, CURLOPT_TCP_KEEPINTVL, 10)
    sy_easy_set_string(easy, CURLOPT_PROXY, configuration.proxy ?? "")
    sy_easy_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    // libcurl 7.88 fails each reused cleartext HTTP/2 connection; over TLS, ALPN chooses.
    let version = configuration.url.hasPrefix("https://") ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1
    sy_easy_set_long(easy, CURLOPT_HTTP_VERSION, Int(version))
    driver.configureSockets(easy)
  }

  private func configureSafety(_ easy: UnsafeMutableRawPointer) {
    sy_easy_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
    sy_easy_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    sy_easy_set_long(easy, CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
    sy_easy_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1)
    sy_easy_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2)
    if let file = configuration.caFile { sy_easy_set_string(easy, CURLOPT_CAINFO, file) }
    if let file = configuration.clientCertificateFile { sy_easy_set_string(easy, CURLOPT_SSLCERT, file) }
    if let file = configuration.clientKeyFile { sy_easy_set_string(easy, CURLOPT_SSLKEY, file) }
  }
}

extension Duration {
  var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
