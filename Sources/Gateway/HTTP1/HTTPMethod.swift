/// The method of a request, as far as the router tells methods apart. Methods are case-sensitive: `get` is `.other`.
package enum HTTPMethod: UInt8, Sendable, CaseIterable {
  case get, post, put, delete, head, options, patch
  /// Any other token; its bytes are at the start of the request line (`RequestHead.methodName`).
  case other

  init(_ bytes: UnsafeRawBufferPointer) {
    for method in Self.allCases where method != .other && bytes.equals(method.text) {
      self = method
      return
    }
    self = .other
  }

  var text: StaticString {
    switch self {
    case .get: "GET"
    case .post: "POST"
    case .put: "PUT"
    case .delete: "DELETE"
    case .head: "HEAD"
    case .options: "OPTIONS"
    case .patch: "PATCH"
    case .other: ""
    }
  }
}
