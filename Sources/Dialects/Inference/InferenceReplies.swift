/// What the router itself answers in the Open Inference Protocol.
package enum InferenceReply {
  /// `GET /v2`
  package static func server(version: String) -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 128)
    var object = ObjectWriter(bytes)
    object.member("name", "switchyard")
    object.member("version", version)
    object.constant("extensions", #"["binary_tensor_data"]"#)
    object.end()
    return bytes
  }

  /// `GET /v2/health/live`
  package static func live() -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 64)
    bytes.append(#"{"live":true}"#)
    return bytes
  }

  /// `GET /v2/health/ready`; clients go by the status, 200 or 503.
  package static func ready(_ isReady: Bool) -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 64)
    var object = ObjectWriter(bytes)
    object.member("ready", isReady)
    object.end()
    return bytes
  }

  /// `GET /v2/models/{name}/ready`; clients go by the status.
  package static func ready(model: String, _ isReady: Bool) -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 64)
    var object = ObjectWriter(bytes)
    object.member("name", model)
    object.member("ready", isReady)
    object.end()
    return bytes
  }

  /// The body of an error, the provider's or ours. It has room for a text alone.
  package static func error(_ error: ErrorBody) -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 64 + error.message.utf8.count)
    var object = ObjectWriter(bytes)
    object.member("error", error.message)
    object.end()
    return bytes
  }
}
