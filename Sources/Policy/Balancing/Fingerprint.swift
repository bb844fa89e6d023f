/// A hash of bytes that come piece by piece: the same on all replicas, and of no use for keeping secrets.
///
/// Eight bytes at a time by wyhash's multiplication; where the pieces are cut counts too.
package struct Fingerprint: Sendable {
  package private(set) var value: UInt64

  package init(_ seed: UInt64 = 0) { value = seed ^ 0x9E37_79B9_7F4A_7C15 }

  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var offset = 0
    while offset < bytes.count {
      let length = min(8, bytes.count - offset)
      var word: UInt64 = 0
      withUnsafeMutableBytes(of: &word) {
        $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]))
      }
      mix(word.littleEndian)
      offset += length
    }
    mix(UInt64(bytes.count))
  }

  package mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }

  private mutating func mix(_ word: UInt64) {
    let product = (value ^ word).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    value = product.high ^ product.low ^ 0xE703_7ED1_A0B4_28DB
  }
}
