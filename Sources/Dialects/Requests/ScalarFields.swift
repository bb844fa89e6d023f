/// The rules for fields that hold one value.
enum ScalarFields {
  private static let longestModel = 256
  private static let largestCount = 1 << 53

  /// A public model name: what may stand in a log line, a header and a key.
  static func model(_ value: JSONValue) throws(PeekError) -> String {
    guard let name = value.string else { throw .wrongType("model", expected: "a string", found: value) }
    guard name.count > 0 else { throw .invalid("model", "must not be empty: name a model or leave it out") }
    guard name.count <= longestModel else {
      throw .invalid("model", "must not be longer than \(longestModel) bytes")
    }
    guard name.buffer.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
      throw .invalid("model", "must not hold control characters")
    }
    return name.string
  }

  /// A boolean; nil for null.
  static func bool(_ value: JSONValue, _ name: StaticString) throws(PeekError) -> Bool? {
    if let bool = value.bool { return bool }
    guard value.isNull else { throw .wrongType("\(name)", expected: "true or false", found: value) }
    return nil
  }

  /// A count of tokens; nil for null.
  static func count(_ value: JSONValue, _ name: StaticString) throws(PeekError) -> Int? {
    guard !value.isNull else { return nil }
    guard value.isNumber else { throw .wrongType("\(name)", expected: "an integer", found: value) }
    guard let count = value.int, 0...largestCount ~= count else {
      throw .invalid(
        "\(name)", "must be an integer from 0 to \(largestCount), written without point or exponent")
    }
    return count
  }

  /// The number of answers asked for; nil for null.
  static func choices(_ value: JSONValue) throws(PeekError) -> Int? {
    guard !value.isNull else { return nil }
    guard value.isNumber else { throw .wrongType("n", expected: "an integer", found: value) }
    guard let choices = value.int, 1...128 ~= choices else {
      throw .invalid("n", "must be an integer from 1 to 128")
    }
    return choices
  }
}
