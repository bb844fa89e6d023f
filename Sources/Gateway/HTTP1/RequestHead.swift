package import NIOCore

/// The head of one request: one slice of what was received and the places of its parts. Cheap to make and to pass
/// on; copies share the bytes. Everything in it is validated (RFC 9110 and 9112, without their lenient readings).
///
/// It keeps the buffer alive that it was read from: do not store one beyond its exchange.
package struct RequestHead: Sendable {
  /// How the body's end is found.
  package enum BodyLength: Sendable, Equatable {
    case none
    /// At least one byte.
    case length(Int)
    case chunked
  }

  /// The bytes that the places in `parts` are counted in, from the first readable one.
  private let storage: ByteBuffer
  private let parts: HeadParts

  init(storage: ByteBuffer, parts: HeadParts) {
    self.storage = storage
    self.parts = parts
  }

  package var method: HTTPMethod { parts.method }

  /// HTTP/1.`minorVersion`, 0 or 1.
  package var minorVersion: UInt8 { parts.minorVersion }

  /// Whether the client wants the connection kept for another request.
  package var keepAlive: Bool { parts.keepAlive }

  package var body: BodyLength { parts.body }

  /// Whether the client waits for `100 Continue` before it sends the body. False when there is no body.
  package var expectsContinue: Bool { parts.expectsContinue }
}

// MARK: - The request line

extension RequestHead {
  /// The method's bytes as text, for logs.
  package var methodName: String { string(at: parts.methodName) }

  /// The target as it was sent.
  package var target: ByteBufferView { view(at: parts.target) }

  /// The target's path, not decoded; it starts with `/`, or is `*` for `OPTIONS *`.
  package var path: ByteBufferView { view(at: parts.path) }

  package var pathString: String { string(at: parts.path) }

  /// What follows the first `?` of the target, not decoded.
  package var query: ByteBufferView? { parts.query.start == 0 ? nil : view(at: parts.query) }

  package func pathEquals(_ text: StaticString) -> Bool {
    withRun(at: parts.path) { $0.equals(text) }
  }

  package func pathHasPrefix(_ text: StaticString) -> Bool {
    withRun(at: parts.path) {
      $0.count >= text.utf8CodeUnitCount && $0.part(0, text.utf8CodeUnitCount).equals(text)
    }
  }
}

// MARK: - Header fields

extension RequestHead {
  /// The value of the first header of this name, without white space around it. Always nil for `.other`.
  package func first(_ name: HeaderName) -> ByteBufferView? {
    place(of: name).map(view)
  }

  /// The same as text; bytes that are not UTF-8 are repaired.
  package func string(_ name: HeaderName) -> String? {
    place(of: name).map(string)
  }

  /// Lends the bytes of that value to `body`; they must not escape it.
  @inline(__always)
  package func withFirst<Result>(_ name: HeaderName, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
    guard let place = place(of: name) else { return nil }
    return withBytes(at: place, body)
  }

  /// How many headers have this name; for `.other`, how many names are not known.
  package func count(_ name: HeaderName) -> Int {
    var count = 0
    for item in parts.fields where item.known == name { count += 1 }
    return count
  }

  /// All headers in their order, names as they were sent. It makes strings: not for the hot path.
  package var fields: [(name: String, value: String)] {
    parts.fields.map { (string(at: $0.name), string(at: $0.value)) }
  }

  /// Lends the bytes of each name and value to `body`, in order; they must not escape it.
  package func forEachField(
    _ body: (_ known: HeaderName, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
  ) {
    for item in parts.fields {
      withBytes(at: item.name) { name in
        withBytes(at: item.value) { value in body(item.known, name, value) }
      }
    }
  }

  @inline(__always)
  private func place(of name: HeaderName) -> HeadParts.Place? {
    guard name != .other, parts.known &>> UInt64(name.rawValue) & 1 == 1 else { return nil }
    for item in parts.fields where item.known == name { return item.value }
    return nil
  }
}

// MARK: - Bytes

extension RequestHead {
  @inline(__always)
  private func withBytes<Result>(at place: HeadParts.Place, _ body: (UnsafeRawBufferPointer) -> Result)
    -> Result
  {
    withRun(at: place) { body($0.raw) }
  }

  @inline(__always)
  private func withRun<Result>(at place: HeadParts.Place, _ body: (ByteRun) -> Result) -> Result {
    storage.withUnsafeReadableBytes { body(place.bytes(in: ByteRun($0))) }
  }

  private func view(at place: HeadParts.Place) -> ByteBufferView {
    let start = storage.readerIndex + Int(place.start)
    return storage.viewBytes(at: start, length: Int(place.count)) ?? ByteBufferView()
  }

  private func string(at place: HeadParts.Place) -> String {
    withBytes(at: place) { String(decoding: $0, as: UTF8.self) }
  }
}
