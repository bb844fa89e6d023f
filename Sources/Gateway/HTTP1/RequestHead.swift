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

  /// Where some bytes are in `storage`, from its first readable byte.
  struct Place: Sendable {
    var start: UInt32 = 0
    var count: UInt32 = 0
  }

  struct Field: Sendable {
    var name: Place
    var value: Place
    var known: HeaderName
  }

  package internal(set) var method: HTTPMethod = .other
  /// HTTP/1.`minorVersion`, 0 or 1.
  package internal(set) var minorVersion: UInt8 = 1
  /// Whether the client wants the connection kept for another request.
  package internal(set) var keepAlive = true
  package internal(set) var body: BodyLength = .none
  /// Whether the client waits for `100 Continue` before it sends the body. False when there is no body.
  package internal(set) var expectsContinue = false

  var storage = ByteBuffer()
  var items: [Field] = []
  /// One bit for each `HeaderName` that is there.
  var known: UInt64 = 0
  var methodPlace = Place()
  var targetPlace = Place()
  var pathPlace = Place()
  var queryPlace: Place?
  /// Of a target in absolute form.
  var authorityPlace: Place?

  init() {}
}

// MARK: - The request line

extension RequestHead {
  /// The method's bytes as text, for logs.
  package var methodName: String { string(at: methodPlace) }

  /// The target as it was sent.
  package var target: ByteBufferView { view(at: targetPlace) }

  /// The target's path, not decoded; it starts with `/`, or is `*` for `OPTIONS *`.
  package var path: ByteBufferView { view(at: pathPlace) }

  package var pathString: String { string(at: pathPlace) }

  /// What follows the first `?` of the target, not decoded.
  package var query: ByteBufferView? { queryPlace.map(view) }

  package func pathEquals(_ text: StaticString) -> Bool {
    withBytes(at: pathPlace) { $0.equals(text) }
  }

  package func pathHasPrefix(_ text: StaticString) -> Bool {
    withBytes(at: pathPlace) {
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
    for item in items where item.known == name { count += 1 }
    return count
  }

  /// All headers in their order, names as they were sent. It makes strings: not for the hot path.
  package var fields: [(name: String, value: String)] {
    items.map { (string(at: $0.name), string(at: $0.value)) }
  }

  /// Lends the bytes of each name and value to `body`, in order; they must not escape it.
  package func forEachField(
    _ body: (_ known: HeaderName, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
  ) {
    for item in items {
      withBytes(at: item.name) { name in
        withBytes(at: item.value) { value in body(item.known, name, value) }
      }
    }
  }

  @inline(__always)
  private func place(of name: HeaderName) -> Place? {
    guard name != .other, known &>> UInt64(name.rawValue) & 1 == 1 else { return nil }
    for item in items where item.known == name { return item.value }
    return nil
  }
}

// MARK: - Bytes

extension RequestHead {
  @inline(__always)
  private func withBytes<Result>(at place: Place, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    storage.withUnsafeReadableBytes { body($0.part(Int(place.start), Int(place.start) + Int(place.count))) }
  }

  private func view(at place: Place) -> ByteBufferView {
    let start = storage.readerIndex + Int(place.start)
    return storage.viewBytes(at: start, length: Int(place.count)) ?? ByteBufferView()
  }

  private func string(at place: Place) -> String {
    withBytes(at: place) { String(decoding: $0, as: UTF8.self) }
  }
}
