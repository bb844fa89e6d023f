/// Response headers rendered and checked once, to be written into many heads: what a deployment's answers have in
/// common.
package struct HTTP1FieldBlock: Sendable, Equatable {
  /// Whole header lines.
  private(set) var bytes: [UInt8] = []

  package init() {}

  /// Adds a header, unless its name is not a token or is the writer's own business, or its value has a control
  /// character.
  ///
  /// - Returns: whether it was added.
  @discardableResult
  package mutating func add(_ name: String, _ value: String) -> Bool {
    let (nameBytes, valueBytes) = (Array(name.utf8), Array(value.utf8))
    let isAllowed = nameBytes.withUnsafeBytes {
      HTTPBytes.isToken(ByteRun($0)) && !Self.isReserved(ByteRun($0))
    }
    guard isAllowed, valueBytes.withUnsafeBytes({ HTTPBytes.isValue(ByteRun($0)) }) else { return false }
    bytes += nameBytes + Array(": ".utf8) + valueBytes + Array("\r\n".utf8)
    return true
  }

  /// Whether a header says where a message ends or what becomes of the connection, or is the date.
  static func isReserved(_ name: ByteRun) -> Bool {
    switch name.count {
    case 2: name.equalsIgnoringCase("te")
    case 4: name.equalsIgnoringCase("date")
    case 7: name.equalsIgnoringCase("upgrade") || name.equalsIgnoringCase("trailer")
    case 10: name.equalsIgnoringCase("connection") || name.equalsIgnoringCase("keep-alive")
    case 14: name.equalsIgnoringCase("content-length")
    case 16: name.equalsIgnoringCase("proxy-connection")
    case 17: name.equalsIgnoringCase("transfer-encoding")
    default: false
    }
  }
}
