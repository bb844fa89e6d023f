internal import CSimdjson

/// Why a text is not JSON that the router takes.
enum JSONFault: Error, Equatable {
  case noMemory, tooLarge, tooDeep, badUTF8, badString, badNumber, badLiteral, badStructure, empty

  init(_ error: csj_error) {
    switch error {
    case CSJ_NO_MEMORY: self = .noMemory
    case CSJ_TOO_LARGE: self = .tooLarge
    case CSJ_TOO_DEEP: self = .tooDeep
    case CSJ_BAD_UTF8: self = .badUTF8
    case CSJ_BAD_STRING: self = .badString
    case CSJ_BAD_NUMBER: self = .badNumber
    case CSJ_BAD_LITERAL: self = .badLiteral
    case CSJ_EMPTY: self = .empty
    default: self = .badStructure
    }
  }
}

/// Owns simdjson's DOM parser and its buffers; reused from document to document, used on one event loop.
final class JSONParser {
  /// Containers that may be nested.
  static let maxDepth = 64
  /// Buffers for documents above this many bytes are given back after use.
  static let keptCapacity = 4 << 20

  private let parser: OpaquePointer

  init() {
    guard let parser = csj_create(Self.maxDepth) else { preconditionFailure("no memory for a JSON parser") }
    self.parser = parser
  }

  deinit { csj_destroy(parser) }

  /// Parses and validates the whole of `text`. The value is valid until the next call of `parse` or `trim`.
  ///
  /// The innermost container may be one level deeper than `maxDepth` where it is empty; `SourceCursor` sees
  /// it.
  func parse(_ text: PaddedBytes) throws(JSONFault) -> JSONValue {
    var root = csj_value()
    let start = text.baseAddress.assumingMemoryBound(to: UInt8.self)
    let error = csj_parse(parser, start, text.count, &root)
    guard error == CSJ_OK else { throw JSONFault(error) }
    return JSONValue(root)
  }

  /// Where the members of the last parsed document's top-level object stand in `text`, its source.
  func source(_ text: PaddedBytes) -> SourceCursor {
    var count = 0
    let structurals = csj_structurals(parser, &count)
    return SourceCursor(text: text, structurals: UnsafeBufferPointer(start: structurals, count: count))
  }

  /// The root of the last parsed document, with its place in `text`, its source.
  func sourced(_ root: JSONValue, in text: PaddedBytes) -> SourcedValue {
    var count = 0
    let structurals = csj_structurals(parser, &count)
    let source = JSONSource(
      text: text.baseAddress, structurals: UnsafeBufferPointer(start: structurals, count: count))
    return SourcedValue(root, source, at: 0)
  }

  /// Gives the buffers of an unusually large document back to the system.
  func trim() {
    if csj_capacity(parser) > Self.keptCapacity { csj_release(parser) }
  }
}
