extension Form where Value == String {
  /// `https://host:port/path`, printed without a trailing slash.
  static var baseURL: Form { url(["http", "https"], path: true, example: "https://api.openai.com/v1") }

  /// An egress proxy: no path.
  static var proxyURL: Form { url(["http"], path: false, example: "http://egress:3128") }

  /// What a socket binds to.
  static var host: Form {
    .matching("a host name or address", example: "127.0.0.1") { WebAddress.isHost($0[...]) }
  }

  /// What a name service is asked for.
  static var serverName: Form {
    .matching(
      "a host with its port, or a service's name",
      example: "vllm.default.svc:8000 or _http._tcp.vllm.default.svc"
    ) { text in
      guard text.hasPrefix("_") else { return WebAddress.isHostAndPort(text) }
      return text.contains("._tcp.") && !text.contains(":") && WebAddress.isHost(text[...])
    }
  }

  static var urlPath: Form {
    .matching("a path", example: "/health") { $0.hasPrefix("/") && WebAddress.isPath($0[...]) }
  }

  private static func url(_ schemes: [String], path: Bool, example: String) -> Form {
    .scalar(
      "a URL",
      schema: .pattern("(\(schemes.joined(separator: "|")))://[^\\s?#@]+", example),
      parse: { text throws(Refusal) in
        do throws(Refusal) {
          let address = try WebAddress(text, schemes: schemes)
          guard path || address.path.isEmpty else { throw Refusal("has a path") }
          return address.text
        } catch {
          throw Refusal("\(error.message): write a URL such as \(example)")
        }
      }, write: { $0 })
  }
}

/// A URL of scheme, host, port and path, and of nothing else.
struct WebAddress {
  var scheme: String
  /// With its port, IPv6 in brackets.
  var authority: String
  /// Empty, or begins with a slash and doesn't end with one.
  var path: String

  var text: String { "\(scheme)://\(authority)\(path)" }

  /// Throws the end of a sentence that begins with the URL.
  init(_ text: String, schemes: [String]) throws(Refusal) {
    guard let scheme = schemes.first(where: { text.lowercased().hasPrefix("\($0)://") }) else {
      throw Refusal("does not begin with \(schemes.map { "\($0)://" }.joined(separator: " or "))")
    }
    let rest = text.dropFirst(scheme.count + 3)
    guard !rest.contains("?"), !rest.contains("#") else { throw Refusal("has a query or a fragment") }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    guard !rest[..<slash].contains("@") else { throw Refusal("has a user or password in it") }
    guard Self.isAuthority(rest[..<slash]) else { throw Refusal("has no good host and port") }
    guard Self.isPath(rest[slash...]) else { throw Refusal("has letters in its path that need %-encoding") }
    self.scheme = scheme
    authority = String(rest[..<slash])
    path = String(rest[slash...])
    while path.hasSuffix("/") { path.removeLast() }
  }

  static func isAuthority(_ text: Substring) -> Bool {
    var host = text
    if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
      guard isPort(text[text.index(after: colon)...]) else { return false }
      host = text[..<colon]
    }
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    guard isBracketed || !host.contains(":") else { return false }
    return isHost(isBracketed ? host.dropFirst().dropLast() : host)
  }

  static func isHostAndPort(_ text: String) -> Bool {
    guard let colon = text.lastIndex(of: ":") else { return false }
    return isHost(text[..<colon]) && isPort(text[text.index(after: colon)...])
  }

  static func isPort(_ text: Substring) -> Bool {
    text.utf8.allSatisfy(Ascii.isDigit) && Int(text).map { (1...65535).contains($0) } ?? false
  }

  static func isHost(_ text: Substring) -> Bool {
    (1...253).contains(text.utf8.count)
      && text.utf8.allSatisfy { Ascii.isLetter($0) || Ascii.isDigit($0) || ".-_:".utf8.contains($0) }
  }

  static func isPath(_ text: Substring) -> Bool {
    text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }
  }
}

/// Addresses that only this machine can reach.
enum Loopback {
  static func contains(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
