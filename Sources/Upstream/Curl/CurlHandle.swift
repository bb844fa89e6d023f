import CCurl

/// An easy handle, and what the driver has to know of it while libcurl has it.
///
/// Owned by whoever made it while idle, and by the driver (one retain, taken at `start`, given back at `detach`) while active.
class CurlHandle {
  let easy: UnsafeMutableRawPointer
  let driver: CurlDriver
  private let errorText: UnsafeMutablePointer<CChar>
  private var detour: UnsafeMutablePointer<curl_slist>?
  /// Something was delivered in this batch.
  var isDirty = false
  var wantsResume = false

  init?(driver: CurlDriver) {
    guard let easy = curl_easy_init() else { return nil }
    self.easy = easy
    self.driver = driver
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    sy_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    sy_easy_set_pointer(easy, CURLOPT_PRIVATE, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(detour)
    errorText.deallocate()
  }

  /// What every handle says of its connection, whoever speaks HTTP on it. Once.
  func configureConnection(_ target: TransferTarget) {
    driver.configureConnection(easy, target)
    guard let address = target.address else { return }
    detour = curl_slist_append(nil, "::\(address)")
    sy_easy_set_pointer(easy, CURLOPT_CONNECT_TO, detour)
  }

  /// The one place that turns `CURLINFO_PRIVATE` into a handle.
  static func from(_ context: UnsafeMutableRawPointer) -> CurlHandle {
    Unmanaged<CurlHandle>.fromOpaque(context).takeUnretainedValue()
  }

  // MARK: What the driver calls

  /// Nobody wants to hear of it any more; it waits to be removed.
  var isCancelled: Bool { preconditionFailure("abstract") }
  /// libcurl has done with the handle; `detach` takes it away.
  func ended(_ code: CURLcode, detach: () -> Void) { preconditionFailure("abstract") }
  /// It is about to be taken away after it was cancelled.
  func removed() { preconditionFailure("abstract") }
  /// It was taken away and may be started again.
  func wasDetached() {}
  /// Everything that was ready has been delivered.
  func batchEnded() {}

  // MARK: Errors

  func forgetError() { errorText.pointee = 0 }

  /// libcurl's words for the last result.
  func detail(of code: CURLcode) -> String {
    let text =
      errorText.pointee == 0
      ? curl_easy_strerror(code).map { String(cString: $0) } : String(cString: errorText)
    return text ?? "libcurl error \(code.rawValue)"
  }
}
