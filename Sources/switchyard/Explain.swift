import ArgumentParser
import Gateway
import Glibc
import Settings

/// `switchyard explain`: where would this request go, and why?
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say where a request would go and why: every candidate, and what each limit says.",
    discussion: """
      By the configuration alone, without asking anybody: what replicas know (breakers, requests in flight, what limits have left) is not \
      known then. With --replica, a running replica says what it would do now, or with --id what was decided about a request of the last hour \
      (telemetry.decisions). Nothing is sent or charged, and no prompt is printed. \
      Exits 0 where the request would be served, 1 where it would be refused, or where nothing is kept of --id.
      """)

  @Argument(help: "The request's body: a file, or - for standard input.")
  var body = "-"

  @OptionGroup var options: ConfigOptions

  @Option(help: "As whom: the id of a key. No secret is needed.")
  var key: String?

  @Option(help: "As whom: any key of this tenant.")
  var tenant: String?

  @Option(
    help: """
      Ask this replica, by its admin port: http://127.0.0.1:8081. Its admin.token is taken from $SWITCHYARD_ADMIN_TOKEN, or from the \
      configuration.
      """)
  var replica: String?

  @Option(
    help: "What was decided about the request that had this x-request-id; wants --replica, any of them.")
  var id: String?

  @Option(help: "The path that the client calls.")
  var path = ExplainAsk.usualPath

  @Option(
    name: [.customShort("H"), .long],
    help: "A header of the client, 'x-session-id: 7'; may be repeated.")
  var header: [String] = []

  @Flag(help: "Print it for programs.")
  var json = false

  func validate() throws {
    guard key == nil || tenant == nil else { throw ValidationError("name either --key or --tenant") }
    if id != nil, replica == nil {
      throw ValidationError(
        "--id wants --replica http://HOST:PORT: what was decided is in the replicas' shared state")
    }
    guard path.hasPrefix("/") else { throw ValidationError("--path begins with /") }
    if let replica, Self.call(replica) == nil {
      throw ValidationError("--replica wants http://HOST:PORT, not '\(replica)'")
    }
    if let bad = header.first(where: { !$0.dropFirst().contains(":") }) {
      throw ValidationError("'\(bad)' is no header: write 'name: value'")
    }
    for (name, _) in header.map(Self.parts) where !ExplainAsk.mayMatter(name) {
      throw ValidationError(
        "'\(name)' changes nothing here: the router reads \(ExplainAsk.headerNames.joined(separator: ", ")), and"
          + " what routing rules ask for")
    }
  }

  func run() throws {
    if let replica, let call = Self.call(replica) {
      guard let id else { return try ask(call) }
      return print(try answer(of: call, "GET", "/api/decisions/\(RolloutAnswer.escaped(id))"), terminator: "")
    }
    let explanation: Explanation
    do {
      explanation = try Explanation(try ask(), by: try options.load())
    } catch let errors as SettingsErrors {
      for error in errors.errors { StandardError.write("\(error)") }
      throw Switchyard.Exit.no
    } catch {
      StandardError.write("\(error)")
      throw Switchyard.Exit.no
    }
    print(json ? explanation.json.text : explanation.text)
    if !explanation.isServed { throw Switchyard.Exit.no }
  }

  // MARK: A replica

  /// Seconds.
  private static let patience = 10

  private static func call(_ url: String) -> AdminCall? {
    let authority = url.trimmingPrefix("http://")
    return AdminCall(String(authority.hasSuffix("/") ? authority.dropLast() : authority), timeout: patience)
  }

  private func ask(_ call: AdminCall) throws {
    let who = key.map { "key=\(Self.escaped($0))&" } ?? tenant.map { "tenant=\(Self.escaped($0))&" } ?? ""
    let text = try answer(
      of: call, "POST", "/api/explain?\(who)path=\(Self.escaped(path))", header.map(Self.parts)
    ) { try BodyFile.read(body) }
    print(text, terminator: "")
    let words = text.prefix(80).split { $0.isWhitespace }
    if words.prefix(2) == ["answer", "refused:"]
      || words.prefix(3) == [#"{"answer":"#, #"{"is":"#, #""refused","#]
    {
      throw Switchyard.Exit.no
    }
  }

  /// What a replica answers; where that is no 200, it is told, and the command ends.
  private func answer(
    of call: AdminCall, _ method: String, _ target: String, _ headers: [(name: String, value: String)] = [],
    body: () throws -> [UInt8] = { [] }
  ) throws -> String {
    var headers = headers + [("accept", json ? "application/json" : "text/plain")]
    let answer: AdminCall.Answer
    do {
      if let token = try token() { headers.append(("authorization", "Bearer \(token)")) }
      answer = try call.send(method, target, headers, body: try body())
    } catch {
      StandardError.write("\(call.authority): \(error)")
      throw Switchyard.Exit.no
    }
    guard answer.status == 200 else {
      StandardError.write("\(call.authority): \(answer.body) (status \(answer.status))")
      throw Switchyard.Exit.no
    }
    return answer.body
  }

  private func token() throws -> String? {
    if let token = Environment.all["SWITCHYARD_ADMIN_TOKEN"] { return token }
    return (try? options.load())?.admin.token?.revealed
  }

  /// All but letters, digits and a few signs in percent escapes.
  private static func escaped(_ text: String) -> String {
    text.utf8.reduce(into: "") { escaped, byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: escaped.unicodeScalars.append(Unicode.Scalar(byte))
      case 0x2D, 0x2E, 0x2F, 0x5F, 0x7E: escaped.unicodeScalars.append(Unicode.Scalar(byte))
      default: escaped += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
  }

  // MARK: The request

  private func ask() throws -> ExplainAsk {
    ExplainAsk(
      who: key.map { .key($0) } ?? tenant.map { .tenant($0) } ?? .anybody, path: path,
      headers: header.map(Self.parts), body: try BodyFile.read(body))
  }

  private static func parts(_ header: String) -> (name: String, value: String) {
    let name = header.prefix { $0 != ":" }
    return (String(name), String(header.dropFirst(name.count + 1).drop { $0 == " " }))
  }
}

/// A request's body from a file, or from standard input.
enum BodyFile {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Bytes beyond which nobody reads on: no configuration allows more by default.
  private static let most = 64 << 20

  static func read(_ path: String) throws(Failure) -> [UInt8] {
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY)
    guard descriptor >= 0 else { throw Failure(description: "\(path): \(String(cString: strerror(errno)))") }
    defer { if path != "-" { close(descriptor) } }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(descriptor, &piece, piece.count)
      guard count >= 0 else { throw Failure(description: "\(path): \(String(cString: strerror(errno)))") }
      if count == 0 { return bytes }
      bytes += piece[..<count]
      guard bytes.count <= most else { throw Failure(description: "\(path): more than \(most) bytes") }
    }
  }
}
