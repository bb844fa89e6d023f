/// `Server-Timing` (W3C): what the exchange waited for, in milliseconds with three digits behind the point.
struct ServerTiming {
  /// Nanoseconds spent waiting for providers, up to the answer's first byte.
  var upstream: Int64
  /// Nanoseconds spent waiting in the queue.
  var queue: Int64 = 0
  /// Nanoseconds spent waiting for the shared state.
  var state: Int64
  /// Nanoseconds of our own.
  var overhead: Int64

  /// Lends the field's value.
  func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: 192, alignment: 1) { memory in
      var text = DigitWriter(memory: memory)
      text.write("upstream;dur=")
      text.write(milliseconds: upstream)
      if queue > 0 {
        text.write(", queue;dur=")
        text.write(milliseconds: queue)
      }
      if state > 0 {
        text.write(", state;dur=")
        text.write(milliseconds: state)
      }
      text.write(", overhead;dur=")
      text.write(milliseconds: overhead)
      body(UnsafeRawBufferPointer(rebasing: memory[..<text.count]))
    }
  }
}

/// Writes constants and numbers into memory that is large enough.
private struct DigitWriter {
  let memory: UnsafeMutableRawBufferPointer
  var count = 0

  mutating func write(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { memory[count + index] = text.utf8Start[index] }
    count += text.utf8CodeUnitCount
  }

  mutating func write(milliseconds nanoseconds: Int64) {
    let (whole, rest) = (max(0, nanoseconds) / 1000).quotientAndRemainder(dividingBy: 1000)
    var divisor: Int64 = 1
    while whole / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      write(digit: whole / divisor % 10)
      divisor /= 10
    }
    write(".")
    write(digit: rest / 100)
    write(digit: rest / 10 % 10)
    write(digit: rest % 10)
  }

  private mutating func write(digit: Int64) {
    memory[count] = UInt8(truncatingIfNeeded: 0x30 + digit)
    count += 1
  }
}
