/// What a head says about its answer's status and end.
struct HeadScan {
  private(set) var status = 0
  private(set) var length: Int?
  private(set) var isChunked = false
  private(set) var closes = false

  /// Where the head ends: behind its empty line.
  static func end(of bytes: UnsafeRawBufferPointer) -> Int? {
    guard bytes.count >= 4 else { return nil }
    var index = 3
    while index < bytes.count {
      // Three of four bytes of the mark are told apart by the last one.
      if bytes[index] == 0x0A, bytes[index - 2] == 0x0A, bytes[index - 1] == 0x0D { return index + 1 }
      index += 1
    }
    return nil
  }

  /// Fails when the first line is no status line of HTTP/1.
  init?(_ head: Slice<UnsafeRawBufferPointer>) {
    guard head.count >= 12, head.starts(with: "HTTP/1.".utf8) else { return nil }
    for index in 9..<12 {
      guard let digit = Self.hexadecimal(head[head.startIndex + index]), digit < 10 else { return nil }
      status = status * 10 + digit
    }
    var start = head.startIndex
    while let end = head[start...].firstIndex(of: 0x0A) {
      take(line: head[start..<end])
      start = end + 1
    }
  }

  private mutating func take(line: Slice<UnsafeRawBufferPointer>) {
    // Few lines start with one of these letters: the others cost one comparison.
    guard let first = line.first, first | 0x20 == 0x63 || first | 0x20 == 0x74 else { return }
    if let value = Self.value(of: line, named: "content-length:") {
      length = value.reduce(into: 0) { sum, byte in
        if (0x30...0x39).contains(byte) { sum = sum &* 10 &+ Int(byte - 0x30) }
      }
    } else if let value = Self.value(of: line, named: "transfer-encoding:") {
      isChunked = Self.holds(value, "chunked")
    } else if let value = Self.value(of: line, named: "connection:") {
      closes = Self.holds(value, "close")
    }
  }

  private static func value(of line: Slice<UnsafeRawBufferPointer>, named name: StaticString)
    -> Slice<UnsafeRawBufferPointer>?
  {
    let count = name.utf8CodeUnitCount
    guard line.count >= count else { return nil }
    for index in 0..<count where line[line.startIndex + index] | 0x20 != name.utf8Start[index] | 0x20 {
      return nil
    }
    return line[(line.startIndex + count)...]
  }

  private static func holds(_ value: Slice<UnsafeRawBufferPointer>, _ word: StaticString) -> Bool {
    var rest = value
    while rest.count >= word.utf8CodeUnitCount {
      if self.value(of: rest, named: word) != nil { return true }
      rest = rest.dropFirst()
    }
    return false
  }

  static func hexadecimal(_ byte: UInt8) -> Int? {
    switch byte {
    case 0x30...0x39: Int(byte) - 0x30
    case 0x41...0x46: Int(byte) - 0x37
    case 0x61...0x66: Int(byte) - 0x57
    default: nil
    }
  }
}
