/// A request body that the router refuses: the client's fault, never worth another try. Status 400.
package struct PeekError: Error, Equatable {
  /// What is wrong and what to do about it, for the client's eyes.
  package var message: String
  /// The field at fault, such as `messages[2].role`; nil where it is the document.
  package var param: String?
  /// A short constant for programs.
  package var code: String
}

extension PeekError {
  static func malformed(_ fault: JSONFault) -> PeekError {
    let message =
      switch fault {
      case .empty: "The request body is empty. Send a JSON object."
      case .badUTF8: "The request body is not valid UTF-8. Encode it as UTF-8."
      case .badString:
        "The request body is not valid JSON: a string is open, or holds a control character or bad escape."
      case .badNumber: "A number in the request body is malformed or beyond 64 bits. Send a smaller one."
      case .badLiteral:
        "The request body is not valid JSON: only true, false and null may stand without quotes."
      case .badStructure:
        "The request body is not valid JSON: a bracket, comma, colon or quote is missing or left over."
      case .tooDeep: "The request body is nested deeper than \(JSONParser.maxDepth) levels. Flatten it."
      case .tooLarge, .noMemory: "The request body is too large to be read. Send a smaller one."
      }
    return PeekError(message: message, param: nil, code: "invalid_json")
  }

  static let notAnObject = PeekError(
    message: "The request body must be a JSON object.", param: nil, code: "invalid_json")

  static func duplicate(_ key: JSONBytes, in path: FieldPath) -> PeekError {
    let name = path.text(key.string)
    return PeekError(
      message: "The key '\(name)' is given twice. Send each key once.", param: name, code: "duplicate_key")
  }

  static func misspelled(_ key: JSONBytes, as field: Field) -> PeekError {
    let name = key.string
    return PeekError(
      message:
        "The key '\(name)' differs from '\(field.name)' in upper and lower case only. Write '\(field.name)'.",
      param: name, code: "invalid_key")
  }

  static func missing(_ name: String) -> PeekError {
    PeekError(
      message: "The field '\(name)' is missing. Add it.", param: name, code: "missing_required_parameter")
  }

  /// `expected` completes "must be …".
  static func wrongType(_ name: String, expected: String, found: JSONValue) -> PeekError {
    PeekError(
      message: "The field '\(name)' must be \(expected), but it is \(found.description).", param: name,
      code: "invalid_type")
  }

  /// `rule` completes "The field 'x' …".
  static func invalid(_ name: String, _ rule: String) -> PeekError {
    PeekError(message: "The field '\(name)' \(rule).", param: name, code: "invalid_value")
  }
}

extension JSONValue {
  /// The type in words, for messages.
  var description: String {
    if isObject { return "an object" }
    if isArray { return "an array" }
    if isNull { return "null" }
    if isNumber { return "a number" }
    return bool == nil ? "a string" : "a boolean"
  }
}
