/// Requests for the differential test: most of them well-formed, many nearly so. The same seed gives the same inputs.
struct HTTP1Corpus {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  /// One connection's input of 1 to 3 requests, perhaps damaged, and places to cut it at.
  mutating func next() -> (input: [UInt8], cuts: [Int]) {
    var input: [UInt8] = []
    for _ in 0...below(3) { input += request() }
    if chance(2) {
      for _ in 0...below(3) { mutate(&input) }
    }
    let cuts = (0..<below(4)).map { _ in below(input.count + 1) }.sorted()
    return (input, cuts)
  }

  /// SplitMix64 (Steele, Lea and Flood 2014).
  private mutating func random() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  private mutating func below(_ bound: Int) -> Int { Int(random() % UInt64(max(bound, 1))) }

  /// True once in `count` times.
  private mutating func chance(_ count: Int) -> Bool { below(count) == 0 }

  private mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

  /// Mostly one of the usual; one of the odd once in `rarity` times.
  private mutating func pick(_ usual: [String], odd: [String], rarity: Int = 12) -> String {
    chance(rarity) ? pick(odd) : pick(usual)
  }
}

// MARK: - Grammar

extension HTTP1Corpus {
  private static let methods = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]
  private static let oddMethods = [
    "get", "CONNECT", "PRI", "FOO", "M-SEARCH", "TRACE", "", "GE T", "SOURCE", "QUERY",
  ]
  private static let targets = ["/", "/v1/chat/completions", "/a?b=c", "/%20", "/a/../b", "/?", "//x"]
  private static let oddTargets = [
    "*", "http://a/b", "http://a", "http://b/", "https://a?x", "a:80", "", "/a b", "/#f", "/\u{E9}", "/\t",
    "/\0", "/{}|\\^`\"",
    "ftp://a/", "http://", "http://u@a/", "/" + String(repeating: "x", count: 200),
  ]
  private static let oddVersions = [
    "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.2", "http/1.1", "HTTP/1.1 ", "", "HTTP/11", "ICE/1.0",
  ]
  private static let ends = ["\r\n"]
  private static let oddEnds = ["\n", "\r", "\r\r\n", "\n\r", "\r\n\r\n", "", " \r\n", "\0\r\n"]
  private static let headers = [
    "accept: */*", "User-Agent: x y", "X-Empty:", "X-Tab:\tz\t", "authorization: Bearer abc",
    "content-type: application/json",
    "x-obs: \u{E9}", "connection: keep-alive", "x-stainless-lang: python", "TE: trailers",
    "X-Long: 0123456789abcdef0123456789",
  ]
  private static let oddHeaders = [
    "connection: close", "connection: upgrade", "upgrade: h2c", "expect: 100-continue", "expect: x",
    "host: b", " folded: x", "\tfolded",
    "x : y", ": y", "nocolon", "x\0: y", "x: \0", "x: a\u{1}b", "x: a\u{7F}", "transfer-encoding: chunked",
    "content-length: 3",
    "transfer-encoding : chunked", "transfer-encoding: identity", "transfer-encoding: gzip, chunked",
    "content-length: 3, 3",
    "content-length: +3", "content-length: 0x3", "content-length: ", "Content-Length:3",
    "\rcontent-length: 3", "content-length: 3 ",
    "transfer-encoding:\tchunked", "trailer: x", "x: a\rb", "x: a\nb", "x\"y: z", "x\u{E9}: y",
    "keep-alive: 5", "proxy-connection: close",
    "content-length: 99999999999999999999", "content-length: 00003",
    "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
  ]
  private static let bodies = [
    "", "a", "abc", "hello, world", "\r\n\r\n", "0\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
  ]
  private static let sizes = [
    "0x1", "+1", "-1", "", " 1", "1 ", "1;a=b", "1;", "g", "ffffffffffffffff", "00000000000000000001", "1\0",
  ]
  private static let trailers = ["x: y\r\n", "content-length: 5\r\n", " \r\n", "\n", "x\r\n"]

  private mutating func end() -> String { pick(Self.ends, odd: Self.oddEnds, rarity: 60) }

  private mutating func request() -> [UInt8] {
    var text = chance(20) ? pick(["\r\n", "\n", "\r\n\r\n", " ", "\r"]) : ""
    text += pick(Self.methods, odd: Self.oddMethods) + pick([" "], odd: ["  ", "\t", ""], rarity: 60)
    text +=
      pick(Self.targets, odd: Self.oddTargets, rarity: 8) + pick([" "], odd: ["  ", "\t", ""], rarity: 60)
    text += pick(["HTTP/1.1"], odd: Self.oddVersions, rarity: 10) + end()
    if !chance(20) {
      text +=
        pick(["Host: a", "host:a", "HOST: a:80"], odd: ["host: a b", "host: ", "host: a,b"], rarity: 20)
        + end()
    }
    for _ in 0..<below(6) { text += pick(Self.headers, odd: Self.oddHeaders, rarity: 8) + end() }
    return Array(text.utf8) + body()
  }

  private mutating func body() -> [UInt8] {
    let body = pick(Self.bodies)
    switch below(3) {
    case 0: return end().bytes
    case 1:
      let length = chance(20) ? below(20) : body.utf8.count
      return
        "\(pick(["Content-Length", "content-length", "CONTENT-LENGTH"])): \(length)\(end())\(end())\(body)"
        .bytes
    default:
      let coding = pick(
        ["Transfer-Encoding: chunked", "transfer-encoding:Chunked"], odd: ["transfer-encoding: xchunked"],
        rarity: 30)
      return "\(coding)\(end())\(end())".bytes + chunks(body)
    }
  }

  private mutating func chunks(_ body: String) -> [UInt8] {
    var text: [UInt8] = []
    for _ in 0..<below(3) where !body.isEmpty {
      let digits = String(body.utf8.count, radix: 16, uppercase: chance(2))
      let size = chance(30) ? pick(Self.sizes) : String(repeating: "0", count: below(3)) + digits
      text += "\(size)\(end())\(body)\(end())".bytes
    }
    text += "0\(end())".bytes
    if chance(20) { text += pick(Self.trailers).bytes }
    return text + end().bytes
  }
}

// MARK: - Damage

extension HTTP1Corpus {
  private static let specials: [UInt8] = [
    0, 9, 10, 11, 12, 13, 32, 33, 34, 35, 43, 44, 45, 47, 48, 58, 59, 64, 92, 120, 127, 128, 160, 255,
  ]

  private mutating func mutate(_ input: inout [UInt8]) {
    guard !input.isEmpty else { return }
    let place = below(input.count)
    switch below(7) {
    case 0: input[place] = pick(Self.specials)
    case 1: input.insert(pick(Self.specials), at: place)
    case 2: input.remove(at: place)
    case 3: input[place] ^= 1 << UInt8(below(8))
    case 4: input[place] = UInt8(truncatingIfNeeded: random())
    case 5:
      let part = input[place..<min(place + 1 + below(20), input.count)]
      input.insert(contentsOf: part, at: below(input.count))
    default: input.removeSubrange(place..<min(place + 1 + below(8), input.count))
    }
  }
}
