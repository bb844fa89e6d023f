/// The method of a request, as far as the router tells methods apart. Methods are case-sensitive: `get` is `.other`.
package enum HTTPMethod: UInt8, Sendable, CaseIterable {
  case get, post, put, delete, head, options, patch
  /// Any other token; `RequestHead.methodName` has it.
  case other

  @inline(__always)
  init(_ bytes: ByteRun) {
    switch bytes.count {
    case 3: self = bytes.equals("GET") ? .get : bytes.equals("PUT") ? .put : .other
    case 4: self = bytes.equals("POST") ? .post : bytes.equals("HEAD") ? .head : .other
    case 5: self = bytes.equals("PATCH") ? .patch : .other
    case 6: self = bytes.equals("DELETE") ? .delete : .other
    case 7: self = bytes.equals("OPTIONS") ? .options : .other
    default: self = .other
    }
  }
}
