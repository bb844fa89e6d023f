import NIOCore

/// POST /v1/embeddings: one vector per input.
///
/// A vector is the normalised sum of one signed direction per word, so that texts with common words are close and
/// equal texts are equal.
struct EmbeddingList: Equatable {
  var texts: [String]
  var dimensions: Int
  var isBase64: Bool

  static let mostDimensions = 4096

  init(texts: [String] = [], dimensions: Int = 64, isBase64: Bool = false) {
    (self.texts, self.dimensions, self.isBase64) = (texts, dimensions, isBase64)
  }

  init(_ ask: Ask) {
    self.init(
      texts: ask.texts, dimensions: min(ask.dimensions ?? 64, Self.mostDimensions), isBase64: ask.wantsBase64)
  }

  func write(model: String, promptTokens: Int, into buffer: inout ByteBuffer) {
    buffer.writeStaticString("{\"object\":\"list\",\"data\":[")
    for (index, text) in texts.enumerated() {
      if index > 0 { buffer.writeStaticString(",") }
      buffer.writeString("{\"object\":\"embedding\",\"index\":\(index),\"embedding\":")
      write(vector(of: text), into: &buffer)
      buffer.writeStaticString("}")
    }
    buffer.writeString("],\"model\":\"\(model)\",\"usage\":{\"prompt_tokens\":\(promptTokens),")
    buffer.writeString("\"total_tokens\":\(promptTokens)}}")
  }

  /// Of length 1.
  func vector(of text: String) -> [Float] {
    var sums = [Float](repeating: 0, count: dimensions)
    for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
      var word = String(word)
      let hash = word.withUTF8 { mixed(hashed(UnsafeRawBufferPointer($0), from: 7)) }
      sums[Int(hash % UInt64(dimensions))] += hash >> 63 == 0 ? 1 : -1
    }
    let length = sums.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 0 else {
      sums[0] = 1
      return sums
    }
    return sums.map { $0 / length }
  }

  private func write(_ vector: [Float], into buffer: inout ByteBuffer) {
    if isBase64 {
      let bytes = vector.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
      buffer.writeString("\"\(base64(bytes))\"")
    } else {
      buffer.writeString("[" + vector.map { "\($0)" }.joined(separator: ",") + "]")
    }
  }
}

func base64(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text: [UInt8] = []
  text.reserveCapacity((bytes.count + 2) / 3 * 4)
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[start..<min(start + 3, bytes.count)]
    var bits = group.reduce(0) { $0 << 8 | UInt32($1) }
    bits <<= UInt32(8 * (3 - group.count))
    for place in 0..<4 {
      let sextet = Int(bits >> UInt32(18 - 6 * place) & 63)
      text.append(place <= group.count ? alphabet[sextet] : UInt8(ascii: "="))
    }
  }
  return String(decoding: text, as: UTF8.self)
}
