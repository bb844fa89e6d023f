import NIOCore

extension RequestHead {
  /// Makes a head from parts that did not come as HTTP/1.1 text, by the same rules: what the parser would refuse is
  /// refused here. `headers` include `host`; what they say about the body's length counts unless `body` is given,
  /// where frames tell it (HTTP/2).
  package init(
    method: String, target: String, headers: [(name: String, value: String)], body: BodyLength? = nil,
    limits: HTTP1Limits = .init()
  ) throws(HTTP1ParseError) {
    var text = ByteBuffer()
    text.writeString("\(method) \(target) HTTP/1.1")
    var ends = [text.writerIndex]
    for (name, value) in headers {
      // A colon in a name would move the border between name and value.
      if name.utf8.contains(UInt8(ascii: ":")) { throw HTTP1ParseError(.headerName) }
      text.writeString("\(name): \(value)")
      ends.append(text.writerIndex)
    }
    if headers.count > limits.maxHeaders { throw HTTP1ParseError(.tooManyHeaders) }
    if text.readableBytes > limits.maxHead { throw HTTP1ParseError(.headTooLarge) }
    let parsed = text.withUnsafeReadableBytes {
      Self.parse(ByteRun($0), ends, body, maxTarget: limits.maxTarget)
    }
    self.init(storage: text, parts: try parsed.get())
  }

  /// Reads lines that are set down one behind another without line ends.
  private static func parse(
    _ bytes: ByteRun, _ ends: [Int], _ body: BodyLength?, maxTarget: Int
  ) -> Result<HeadParts, HTTP1ParseError> {
    Result { () throws(HTTP1ParseError) in
      var parts = HeadParts()
      var framing = HeadParts.Framing()
      try parts.takeRequestLine(bytes, from: 0, to: ends[0], maxTarget: maxTarget, framing: &framing)
      for (start, end) in zip(ends, ends.dropFirst()) {
        try parts.takeField(bytes, from: start, to: end, framing: &framing)
      }
      try parts.finish(bytes, framing)
      if let body { parts.body = body }
      return parts
    }
  }
}
