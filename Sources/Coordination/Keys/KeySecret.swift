import Crypto
package import Policy

/// What a cluster makes the checks of its keys' ids with: 32 bytes, kept in Redis. Nothing prints it but `text`.
package struct KeySecret: Sendable, CustomStringConvertible, CustomReflectable {
  private let key: SymmetricKey

  /// Nil unless there are 32 bytes.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    key = SymmetricKey(data: bytes)
  }

  /// One that nobody can foresee.
  package static func random() -> KeySecret? {
    var source = SystemRandomNumberGenerator()
    return KeySecret((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &source) })
  }

  /// Reads 64 hexadecimal digits in lower case.
  package init?(text: String) {
    // A digest is written alike.
    guard text.utf8.count == 64, KeyDigest(text: text) != nil else { return nil }
    let digits = Array(text.utf8)
    self.init(
      stride(from: 0, to: 64, by: 2).compactMap { index in
        UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16)
      })
  }

  /// As Redis keeps it.
  package var text: String {
    key.withUnsafeBytes { KeyDigest(Array($0))?.text ?? "" }
  }

  /// For `KeyID`.
  package var code: KeyID.Code {
    { [key] bytes in
      var mac = HMAC<SHA256>(key: key)
      mac.update(data: UnsafeRawBufferPointer(bytes))
      return mac.finalize().prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
  }

  package var description: String { "…" }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension KeyDigest {
  /// Of a whole key.
  package init(of key: UnsafeRawBufferPointer) {
    var hash = SHA256()
    hash.update(bufferPointer: key)
    guard let digest = hash.finalize().withUnsafeBytes({ KeyDigest($0) }) else {
      preconditionFailure("SHA-256 has 32 bytes")
    }
    self = digest
  }
}
