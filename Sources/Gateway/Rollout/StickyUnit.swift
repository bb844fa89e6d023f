import Crypto
import Policy

/// What stays in one arm: a session, else a key's user, else the request alone.
struct StickyUnit {
  let head: RequestHead
  let facts: RequestFacts
  let principal: Principal
  /// The request's; nil where nobody knows it yet.
  let request: String?

  /// Whether the next request of the same client will be in the same arm.
  var isSticky: Bool { hasSession || principal.user != nil }

  /// Whether the request says of which session it is.
  var hasSession: Bool { facts.session != nil || head.withFirst(.xSessionID) { !$0.isEmpty } ?? false }

  /// The first eight bytes of the SHA-256 of `salt` and the unit, the first one highest. Tenants may call their sessions the same.
  func hash(_ salt: [UInt8]) -> UInt64 {
    var hash = SHA256()
    hash.add(salt)
    let isByHeader = head.withFirst(.xSessionID) { value -> Bool in
      guard !value.isEmpty else { return false }
      hash.add(Array("header \(principal.tenant) ".utf8))
      hash.update(bufferPointer: value)
      return true
    }
    if isByHeader != true { hash.add(Array(text.utf8)) }
    return hash.finalize().prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  private var text: String {
    if let session = facts.session { return "body \(principal.tenant) \(session)" }
    if let user = principal.user { return "user \(principal.tenant) \(principal.key) \(user)" }
    return "request \(request ?? "")"
  }
}

extension SHA256 {
  static func bytes(of bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.add(bytes)
    return Array(hash.finalize())
  }

  fileprivate mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update(bufferPointer: $0) } }
}
