import Dialects

/// `GET /v1/models` in OpenAI's shape.
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

  private static func append(_ name: String, to bytes: PaddedBytes) {
    bytes.append(#"{"id":"#)
    bytes.appendJSON(name)
    bytes.append(#","object":"model","created":0,"owned_by":"switchyard"}"#)
  }
}
