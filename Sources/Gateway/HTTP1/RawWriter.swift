import Glibc

/// Puts bytes one after another into memory that is not its own. What does not fit is only counted, so that the
/// caller can try again with enough.
struct RawWriter {
  private let target: UnsafeMutableRawPointer
  private let capacity: Int
  /// Bytes that were to be written.
  private(set) var needed = 0

  @inline(__always)
  init(_ target: UnsafeMutableRawBufferPointer) {
    guard let base = target.baseAddress else { preconditionFailure("there is no memory to write to") }
    self.target = base
    capacity = target.count
  }

  /// Whether all that was to be written was.
  @inline(__always)
  var isComplete: Bool { needed <= capacity }

  @inline(__always)
  mutating func write(_ bytes: ByteRun) {
    let end = needed &+ bytes.count
    if end <= capacity { memcpy(target + needed, bytes.base, bytes.count) }
    needed = end
  }

  @inline(__always)
  mutating func write(_ text: StaticString) {
    write(ByteRun(text))
  }

  mutating func write(decimal number: Int) {
    if number < 0 { write("-") }
    let number = number.magnitude
    var length = 1
    var rest = number / 10
    while rest > 0 {
      length &+= 1
      rest /= 10
    }
    rest = number
    write(digits: length) {
      defer { rest /= 10 }
      return UInt8(truncatingIfNeeded: rest % 10)
    }
  }

  /// At most 16 digits.
  mutating func write(hexadecimal number: Int) {
    var rest = UInt(bitPattern: number)
    let bits = UInt.bitWidth - rest.leadingZeroBitCount
    write(digits: max(1, (bits + 3) / 4)) {
      defer { rest >>= 4 }
      return UInt8(truncatingIfNeeded: rest & 0xF)
    }
  }

  /// Writes `length` digits of which `next` gives the lowest first.
  @inline(__always)
  private mutating func write(digits length: Int, next: () -> UInt8) {
    let start = needed
    needed = start &+ length
    guard isComplete else { return }
    var offset = needed
    while offset > start {
      offset &-= 1
      let digit = next()
      target.storeBytes(of: digit < 10 ? 0x30 &+ digit : 0x57 &+ digit, toByteOffset: offset, as: UInt8.self)
    }
  }
}
