import Crypto
package import Policy

/// What an answer depends on. Two requests share an answer exactly where all of it is equal.
package struct CacheIdentity: Sendable {
  /// Nil where all tenants share.
  package var tenant: String?
  /// Nil where a tenant's users share.
  package var user: String?
  package var surface: Surface
  /// The public model, and the version of its configuration that answers: a canary's is another one.
  package var model: String
  package var version: String
  /// Events, events with usage, and plain answers are kept apart: none can be replayed as another.
  package var form: Form
  /// The client's `OpenAI-Beta`, which the provider is sent.
  package var beta: String?

  package enum Form: String, Sendable { case plain, stream, streamWithUsage }

  package init(
    tenant: String?, user: String?, surface: Surface, model: String, version: String, form: Form,
    beta: String? = nil
  ) {
    self.tenant = tenant
    self.user = user
    self.surface = surface
    self.model = model
    self.version = version
    self.form = form
    self.beta = beta
  }

  /// Where the answer to a canonical request is kept; nil where the tenant's name allows no key.
  ///
  /// The hash is the first half of a SHA-256, in 32 hexadecimal digits, over all parts with their lengths. Keys begin with `prefix`.
  package func keys(for canonical: UnsafeRawBufferPointer, prefix: String = "sy") -> CacheKeys? {
    var hash = SHA256()
    for part in parts { hash.add(Array(part.utf8)) }
    hash.add(canonical)
    let digest = hash.finalize()
    let digits = String(unsafeUninitializedCapacity: 32) { text in
      for (place, byte) in zip(stride(from: 0, to: 32, by: 2), digest) {
        text[place] = Self.digit(byte >> 4)
        text[place + 1] = Self.digit(byte & 0xf)
      }
      return 32
    }
    return CacheKeys(tenant: tenant, hash: digits, prefix: prefix)
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  /// Of a fixed number: absent and empty differ by the mark in front.
  private var parts: [String] {
    [
      "switchyard cache 1", tenant.map { "t" + $0 } ?? "", user.map { "u" + $0 } ?? "", surface.rawValue,
      model, version, form.rawValue, beta.map { "b" + $0 } ?? "",
    ]
  }
}

extension SHA256 {
  fileprivate mutating func add(_ part: [UInt8]) { part.withUnsafeBytes { add($0) } }

  fileprivate mutating func add(_ part: UnsafeRawBufferPointer) {
    withUnsafeBytes(of: UInt64(part.count).bigEndian) { update(bufferPointer: $0) }
    update(bufferPointer: part)
  }
}
