import CCurl

/// A URL that was parsed once, for any number of handles.
final class CurlURL {
  let handle: OpaquePointer

  /// Fails where the URL can't be parsed or has another scheme than http or https.
  init(_ text: String) throws(UpstreamError) {
    guard text.hasPrefix("http://") || text.hasPrefix("https://"), let handle = curl_url() else {
      throw UpstreamError("\(text): only http:// and https:// URLs can be called")
    }
    let result = curl_url_set(handle, CURLUPART_URL, text, 0)
    guard result == CURLUE_OK else {
      curl_url_cleanup(handle)
      throw UpstreamError("\(text): \(String(cString: curl_url_strerror(result)))")
    }
    self.handle = handle
  }

  deinit { curl_url_cleanup(handle) }

  /// A part as it was given, or nil. Hosts that are IPv6 addresses have their brackets.
  func part(_ part: CURLUPart, flags: CUnsignedInt = 0) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
