import Glibc

/// Puts bytes one after another into memory that its maker measured. Writing beyond it traps.
struct RawWriter {
  private let target: UnsafeMutableRawBufferPointer
  private(set) var count = 0

  @inline(__always)
  init(_ target: UnsafeMutableRawBufferPointer) {
    self.target = target
  }

  @inline(__always)
  mutating func write(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, let base = target.baseAddress else { return }
    precondition(bytes.count <= target.count &- count, "a head was measured too short")
    memcpy(base + count, source, bytes.count)
    count &+= bytes.count
  }

  @inline(__always)
  mutating func write(_ text: StaticString) {
    write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// `name: value` and CRLF.
  @inline(__always)
  mutating func writeField(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    write(name)
    write(": ")
    write(value)
    write("\r\n")
  }

  mutating func write(decimal number: Int) {
    if number < 0 { write("-") }
    write(digitsOf: UInt64(number.magnitude), base: 10)
  }

  mutating func write(hexadecimal number: Int) {
    write(digitsOf: UInt64(number.magnitude), base: 16)
  }

  /// At most 20 digits, without zeros in front.
  private mutating func write(digitsOf number: UInt64, base: UInt64) {
    var length = 1
    var rest = number / base
    while rest > 0 {
      length &+= 1
      rest /= base
    }
    precondition(length <= target.count &- count, "a head was measured too short")
    rest = number
    for offset in (count..<count &+ length).reversed() {
      let digit = UInt8(truncatingIfNeeded: rest % base)
      target[offset] = digit < 10 ? 0x30 &+ digit : 0x57 &+ digit
      rest /= base
    }
    count &+= length
  }
}
