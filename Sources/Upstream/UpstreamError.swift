import Glibc

/// What can go wrong in setting up the upstream machinery itself; transfers fail with `TransferFailure`.
package struct UpstreamError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }

  /// A system call that failed with `code` (an errno).
  static func system(_ call: String, _ code: CInt) -> UpstreamError {
    UpstreamError("\(call): \(String(cString: strerror(code)))")
  }
}
