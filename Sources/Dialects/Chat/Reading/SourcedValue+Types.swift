/// Values of the type that a field has, or an error that names it. `name`: where it stands.
extension SourcedValue {
  /// A text.
  func string(_ name: @autoclosure () -> String) throws(PeekError) -> String {
    guard let text = value.string else { throw .wrongType(name(), expected: "a string", found: value) }
    return text.string
  }

  /// A boolean.
  func bool(_ name: @autoclosure () -> String) throws(PeekError) -> Bool {
    guard let bool = value.bool else { throw .wrongType(name(), expected: "true or false", found: value) }
    return bool
  }

  /// A whole number of 64 bits.
  func int(_ name: @autoclosure () -> String) throws(PeekError) -> Int {
    guard let int = value.int else {
      throw .wrongType(name(), expected: "an integer of 64 bits, without point or exponent", found: value)
    }
    return int
  }

  /// A whole number from 0 on.
  func count(_ name: @autoclosure () -> String) throws(PeekError) -> Int {
    let count = try int(name())
    guard count >= 0 else { throw .invalid(name(), "must not be negative") }
    return count
  }

  /// Any number.
  func number(_ name: @autoclosure () -> String) throws(PeekError) -> Double {
    guard let number = value.double else { throw .wrongType(name(), expected: "a number", found: value) }
    return number
  }

  /// An object, as it was sent.
  func object(_ name: @autoclosure () -> String) throws(PeekError) -> JSONText {
    guard value.isObject else { throw .wrongType(name(), expected: "an object", found: value) }
    return text
  }

  /// Refuses what is no array.
  func requireArray(_ name: @autoclosure () -> String) throws(PeekError) {
    guard value.isArray else { throw .wrongType(name(), expected: "an array", found: value) }
  }

  /// Refuses what is no object.
  func requireObject(_ name: @autoclosure () -> String) throws(PeekError) {
    guard value.isObject else { throw .wrongType(name(), expected: "an object", found: value) }
  }
}
