/// For dialects in which arguments are an object and not a text.
extension ToolCall {
  /// The arguments where they are an object, `{}` where there are none; nil for anything else that a model wrote. A request with
  /// such a call is refused, an answer has `wrappedArguments` in their place.
  package func objectArguments(with peek: Peek) -> JSONText? {
    let isBlank = arguments.bytes.allSatisfy { $0 == 0x20 || $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }
    if isBlank { return JSONText("{}") }
    return arguments.isObject(with: peek) ? arguments : nil
  }

  /// An object that holds what is none, so that a client sees what the model wrote: `{"invalid_json": "…"}`.
  package var wrappedArguments: JSONText {
    let bytes = PaddedBytes(capacity: arguments.bytes.count + 32)
    bytes.append(#"{"invalid_json":"#)
    bytes.appendJSON(utf8: arguments.bytes)
    bytes.append("}")
    let text: [UInt8] = bytes.withUnsafeBytes { Array($0) }
    return JSONText(text)
  }
}
