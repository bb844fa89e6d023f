package import Policy

extension Peek {
  /// Appends the canonical form of a request to `bytes`: the same for all spellings of one request, another for any other request.
  ///
  /// RFC 8785 without the top-level members that have no effect on the answer. `body` is what the provider would be sent. On an error
  /// `bytes` may hold a part of the form. Linear time but for sorting: bodies of some 256 KiB and more don't belong on a loop.
  package func canonical(
    _ body: PaddedBytes, surface: Surface, into bytes: PaddedBytes
  ) throws(CanonicalFault) -> CanonicalFacts {
    defer { trim() }
    let root: JSONValue
    do { root = try parser.parse(body) } catch { throw .malformed }
    guard root.isObject else { throw .malformed }
    let numbers = try body.withUnsafeBytes { text throws(CanonicalFault) in try NumberScan(text) }
    var writer = CanonicalWriter(to: bytes)
    try writer.write(root) { NoEffect.covers($0, $1, on: surface) }
    return CanonicalFacts(root, surface: surface, hasOddSpelling: numbers.hasOddSpelling)
  }
}
