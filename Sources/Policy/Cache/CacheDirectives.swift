/// What a client asks of the cache with `Cache-Control` (RFC 9111 §5.2.1), in whole seconds.
///
/// Unknown directives are ignored. What can't be read is taken as the strictest that it could have said; of a directive that comes
/// twice the stricter one counts.
package struct CacheDirectives: Equatable, Sendable {
  /// Nothing is stored; nothing that is stored is used either.
  package private(set) var noStore = false
  /// The provider is asked, whatever is stored.
  package private(set) var noCache = false
  /// The provider is never asked.
  package private(set) var onlyIfCached = false
  /// The answer's age is at most this.
  package private(set) var maxAge: Int64?
  /// The answer has been stale for at most this; `anyStaleness` where no number was given.
  package private(set) var maxStale: Int64?
  /// The answer stays fresh for at least this.
  package private(set) var minFresh: Int64?

  /// More seconds than any answer is kept: RFC 9111 §1.2.2 cuts larger numbers to it.
  package static let anyStaleness: Int64 = 1 << 31

  package init() {}

  /// One field after the other, in order.
  package init(_ fields: some Sequence<String>) {
    for field in fields { read(field.utf8) }
  }

  /// Reads the value of one `Cache-Control` field.
  package mutating func read(_ field: some Sequence<UInt8>) {
    var reader = DirectiveReader(Array(field))
    while !reader.isAtEnd {
      switch reader.next() {
      case .directive(let name, let argument): apply(name, argument)
      case .nothing: continue
      case .unreadable:
        (noStore, noCache) = (true, true)
        return
      }
    }
  }

  private mutating func apply(_ name: String, _ argument: String?) {
    switch name {
    case "no-store": noStore = true
    case "no-cache": noCache = true
    case "only-if-cached": onlyIfCached = true
    case "max-age": maxAge = min(maxAge ?? .max, Self.seconds(argument) ?? 0)
    case "min-fresh": minFresh = max(minFresh ?? 0, Self.seconds(argument) ?? Self.anyStaleness)
    case "max-stale":
      let limit = argument == nil ? Self.anyStaleness : Self.seconds(argument) ?? 0
      maxStale = min(maxStale ?? .max, limit)
    default: break
    }
  }

  private static func seconds(_ argument: String?) -> Int64? {
    guard let digits = argument?.utf8, !digits.isEmpty else { return nil }
    var seconds: Int64 = 0
    for digit in digits {
      guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
      seconds = min(seconds * 10 + Int64(digit - UInt8(ascii: "0")), anyStaleness)
    }
    return seconds
  }
}

/// Reads a list of directives: `#( token [ "=" ( token / quoted-string ) ] )`.
private struct DirectiveReader {
  enum Element {
    /// The name in lower case.
    case directive(String, argument: String?)
    /// Between two commas.
    case nothing
    /// It and all behind it.
    case unreadable
  }

  private let bytes: [UInt8]
  private var at = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { at == bytes.count }

  /// Takes one element of the list, with the comma behind it.
  mutating func next() -> Element {
    skipSpaces()
    if take(",") || isAtEnd { return .nothing }
    guard let name = token() else { return .unreadable }
    var argument: String?
    if take("=") {
      guard let value = take("\"") ? quoted() : token() else { return .unreadable }
      argument = value
    }
    skipSpaces()
    return isAtEnd || take(",") ? .directive(name.lowercased(), argument: argument) : .unreadable
  }

  private mutating func token() -> String? {
    let start = at
    while at < bytes.count, Self.isToken(bytes[at]) { at += 1 }
    return at > start ? String(decoding: bytes[start..<at], as: UTF8.self) : nil
  }

  /// Behind the opening quote, up to and with the closing one.
  private mutating func quoted() -> String? {
    var text: [UInt8] = []
    while at < bytes.count {
      if take("\"") { return String(decoding: text, as: UTF8.self) }
      if take("\\"), isAtEnd { return nil }
      text.append(bytes[at])
      at += 1
    }
    return nil
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func skipSpaces() {
    while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x09 { at += 1 }
  }

  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
