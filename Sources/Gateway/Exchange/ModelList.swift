import Dialects

/// `GET /v1/models`, in OpenAI's shape and in Anthropic's.
enum ModelList {
  static func all(_ names: [String]) -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 64 + names.count * 96)
    bytes.append(#"{"object":"list","data":["#)
    for (index, name) in names.enumerated() {
      if index > 0 { bytes.append(",") }
      append(name, to: bytes)
    }
    bytes.append("]}")
    return bytes
  }

  static func one(_ name: String) -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 128)
    append(name, to: bytes)
    return bytes
  }

  /// Nobody knows when a model was made: the router's are names.
  static func ofAnthropic(_ name: String) -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 128)
    appendOfAnthropic(name, to: bytes)
    return bytes
  }

  /// All of them on one page.
  static func ofAnthropic(_ names: [String]) -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 128 + names.count * 128)
    bytes.append(#"{"data":["#)
    for (index, name) in names.enumerated() {
      if index > 0 { bytes.append(",") }
      appendOfAnthropic(name, to: bytes)
    }
    bytes.append(#"],"has_more":false,"first_id":"#)
    appendText(names.first, to: bytes)
    bytes.append(#","last_id":"#)
    appendText(names.last, to: bytes)
    bytes.append("}")
    return bytes
  }

  private static func appendOfAnthropic(_ name: String, to bytes: PaddedBytes) {
    bytes.append(#"{"type":"model","id":"#)
    bytes.appendJSON(name)
    bytes.append(#","display_name":"#)
    bytes.appendJSON(name)
    bytes.append(#","created_at":"1970-01-01T00:00:00Z"}"#)
  }

  private static func appendText(_ text: String?, to bytes: PaddedBytes) {
    if let text { bytes.appendJSON(text) } else { bytes.append("null") }
  }

  private static func append(_ name: String, to bytes: PaddedBytes) {
    bytes.append(#"{"id":"#)
    bytes.appendJSON(name)
    bytes.append(#","object":"model","created":0,"owned_by":"switchyard"}"#)
  }
}
