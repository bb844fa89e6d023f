/// A head with its body, as it came over a `TCPStream`.
package struct HTTPMessage: Sendable, Equatable {
  /// The request line or the status line.
  package var start: String
  /// Names in lower case.
  package var fields: [(name: String, value: String)]
  package var body: [UInt8]

  /// A message without a body, from the text of its head.
  package init(head text: String) {
    var lines = text.split(separator: "\r\n").map(String.init)
    start = lines.isEmpty ? "" : lines.removeFirst()
    fields = lines.map { line in
      let name = line.prefix { $0 != ":" }
      let value = line.dropFirst(name.count + 1).drop { $0 == " " }
      return (name.lowercased(), String(value))
    }
    body = []
  }

  package static func == (a: HTTPMessage, b: HTTPMessage) -> Bool {
    a.start == b.start && a.body == b.body && a.fields.elementsEqual(b.fields, by: ==)
  }

  package var text: String { String(decoding: body, as: UTF8.self) }
  /// The path of a request.
  package var target: String { part(1) }
  /// The status of an answer.
  package var status: Int { Int(part(1)) ?? 0 }

  private func part(_ index: Int) -> String {
    let parts = start.split(separator: " ")
    return index < parts.count ? String(parts[index]) : ""
  }

  package func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
  package func first(_ name: String) -> String? { all(name).first }
}

extension TCPStream {
  /// Reads one message: its body by Content-Length or chunks, else without one. Nil where the end comes first.
  package func message() -> HTTPMessage? {
    guard var message = head() else { return nil }
    if message.first("transfer-encoding") == "chunked" {
      guard let body = chunks() else { return nil }
      message.body = body
    } else if let length = message.first("content-length").flatMap({ Int($0) }) {
      guard let body = take(length) else { return nil }
      message.body = body
    }
    return message
  }

  /// Reads a head alone.
  package func head() -> HTTPMessage? {
    take(through: "\r\n\r\n").map { HTTPMessage(head: $0) }
  }

  /// Reads a chunked body to its end.
  package func chunks() -> [UInt8]? {
    var body: [UInt8] = []
    while let chunk = chunk() {
      if chunk.isEmpty { return body }
      body += chunk
    }
    return nil
  }

  /// Reads one chunk; empty is the last.
  package func chunk() -> [UInt8]? {
    guard let line = take(through: "\r\n"), let size = Int(line.dropLast(), radix: 16) else { return nil }
    guard let bytes = take(size), take(2) == [13, 10] else { return nil }
    return bytes
  }
}
