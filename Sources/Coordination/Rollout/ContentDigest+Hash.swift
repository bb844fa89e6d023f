import Crypto
package import Policy

extension ContentDigest {
  /// SHA-256 of these bytes: 32 bytes.
  package static func sha256(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
}
