/// The header of the extension for binary tensors: how many bytes of a body are JSON. Tensors follow them, one behind the other.
///
/// After https://github.com/triton-inference-server/server (`docs/protocol/extension_binary_data.md`). It is passed on as it came, in both
/// directions, unless the JSON is rewritten.
package enum InferenceHeader {
  package static let name = "inference-header-content-length"

  /// Bytes of JSON in a body of `count` bytes: all of them where there is no header. Nil for a header that makes no sense.
  package static func jsonLength(_ text: String?, of count: Int) -> Int? {
    guard let text else { return count }
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(text),
      length <= count
    else { return nil }
    return length
  }
}

extension Peek {
  /// The JSON of a body, which tensors may follow. Valid until the next document.
  func json(of body: PaddedBytes, length: Int) -> PaddedBytes {
    guard length < body.count else { return body }
    scratch.removeAll()
    body.withUnsafeBytes { scratch.append(UnsafeRawBufferPointer(rebasing: $0[..<length])) }
    return scratch
  }
}
