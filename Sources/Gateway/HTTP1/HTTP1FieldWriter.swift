/// Puts the header lines of a response one after another; lent by `HTTP1ResponseWriter.head`.
///
/// No response can be split by it: a name that is not a token or is the response writer's own business, and a value
/// with a control character, are not written but counted in `dropped`.
package struct HTTP1FieldWriter {
  /// Headers that were not written.
  package private(set) var dropped = 0
  var lines: RawWriter

  /// Writes a header whose name is a constant: a token, and none that the response writer writes itself.
  @inline(__always)
  package mutating func add(_ name: StaticString, _ value: String) {
    if value.utf8.withContiguousStorageIfAvailable({ add(name, bytes: UnsafeRawBufferPointer($0)) }) == nil {
      Array(value.utf8).withUnsafeBytes { add(name, bytes: $0) }
    }
  }

  package mutating func add(_ name: StaticString, _ value: Int) {
    lines.write(ByteRun(name))
    lines.write(": ")
    lines.write(decimal: value)
    lines.write("\r\n")
  }

  package mutating func add(_ name: StaticString, bytes value: UnsafeRawBufferPointer) {
    let name = ByteRun(name)
    assert(HTTPBytes.isToken(name) && !HTTP1FieldBlock.isReserved(name), "a constant header name is wrong")
    write(name, ByteRun(value))
  }

  /// Writes a header whose name was not known when this was compiled.
  package mutating func add(named name: String, _ value: String) {
    var name = name
    var value = value
    name.withUTF8 { name in
      value.withUTF8 { add(named: UnsafeRawBufferPointer(name), bytes: UnsafeRawBufferPointer($0)) }
    }
  }

  package mutating func add(named name: UnsafeRawBufferPointer, bytes value: UnsafeRawBufferPointer) {
    let name = ByteRun(name)
    if HTTPBytes.isToken(name), !HTTP1FieldBlock.isReserved(name) {
      write(name, ByteRun(value))
    } else {
      dropped += 1
    }
  }

  /// Writes headers that were rendered before.
  package mutating func add(_ block: HTTP1FieldBlock) {
    block.bytes.withUnsafeBytes { lines.write(ByteRun($0)) }
  }

  /// `name` is checked; `value` is not.
  @inline(__always)
  private mutating func write(_ name: ByteRun, _ value: ByteRun) {
    guard HTTPBytes.isValue(value) else {
      dropped += 1
      return
    }
    lines.write(name)
    lines.write(": ")
    lines.write(value)
    lines.write("\r\n")
  }
}
