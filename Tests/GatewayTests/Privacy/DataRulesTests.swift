import Dialects
import Policy
import Settings
import Testing

@testable import Gateway

struct DataRulesTests {
  private static let digest = String(repeating: "0", count: 64)
  private static let yaml = #"""
    server: { host: 127.0.0.1 }
    providers: { lab: { dialect: openai, base_url: "http://127.0.0.1:1/v1" } }
    deployments:
      open: { provider: lab, model: o, regions: [eu] }
      eu: { provider: lab, model: e, regions: [eu], data: [phi, pii] }
      us: { provider: lab, model: u, regions: [us], data: [phi, pii] }
      cards: { provider: lab, model: c, data: [pci] }
    models:
      all: { deployments: [open, eu, us, cards] }
      open: { deployments: [open] }
      saved: { deployments: [open], fallbacks: [all] }
    routing:
      data_classes:
        phi: { regions: [eu], patterns: { mrn: '\bMRN-\d{6}\b' } }
        pii: {}
        pci: { detect: [card] }
        secret: { action: refuse, detect: [] }
    tenants:
      acme: { keys: [ { id: plain, sha256: "DIGEST" } ] }
      clinic: { data_class: phi, keys: [ { id: ward, sha256: "DIGEST1", data_class: pii } ] }

    """#.replacing("DIGEST1", with: String(repeating: "1", count: 64)).replacing("DIGEST", with: digest)

  private static func snapshot(_ yaml: String = yaml) throws -> Snapshot {
    Snapshot(try settings(yaml), epoch: 1, former: nil)
  }

  private static func asked(_ header: String?) throws -> RequestHead {
    let line = header.map { "x-data-class: \($0)\r\n" } ?? ""
    return try #require(
      head("POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n\(line)content-length: 2\r\n\r\n"))
  }

  private static func body(_ text: String, model: String = "all") -> [UInt8] {
    Array(#"{"model":"\#(model)","messages":[{"role":"user","content":"\#(text)"}]}"#.utf8)
  }

  /// Names of a request's classes.
  private static func classes(
    _ snapshot: Snapshot, _ text: String, header: String? = nil, key: String = "plain"
  ) throws -> [String] {
    let principal = try #require(snapshot.authenticator.configured(key)?.principal)
    let request = try Peek().request(
      PaddedBytes(body(text)), surface: .chatCompletions, detectors: snapshot.data?.detectors)
    let classes = try snapshot.dataClasses(request.facts, asked(header), principal)
    return snapshot.data?.classes.names(classes) ?? []
  }

  @Test func classesOfKeyHeaderAndTextAreAddedUp() throws {
    let snapshot = try Self.snapshot()
    #expect(try Self.classes(snapshot, "Hello.") == [])
    #expect(try Self.classes(snapshot, "MRN-123456") == ["phi"])
    #expect(try Self.classes(snapshot, "4111 1111 1111 1111, ann@example.com") == ["pii", "pci"])
    #expect(try Self.classes(snapshot, "Hello.", header: "pci,phi") == ["phi", "pci"])
    #expect(try Self.classes(snapshot, "ann@example.com", header: "secret") == ["pii", "secret"])
    #expect(try Self.classes(snapshot, "Hello.", key: "ward") == ["phi", "pii"])
    #expect(try Self.classes(snapshot, "Hello.", header: "pci", key: "ward") == ["phi", "pii", "pci"])
  }

  @Test func namesThatNobodyKnowsAreRefusedWithThoseThatAre() throws {
    let snapshot = try Self.snapshot()
    for header in ["none", "phi, nonsense", "", ","] {
      let error = try #require(throws: ExchangeError.self) { try Self.classes(snapshot, "x", header: header) }
      #expect(error.status == 400 && error.code == "unknown_data_class")
      #expect(error.message.contains("Known are phi, pii, pci, secret."), "\(error.message)")
    }
    let bare = try Self.snapshot(document())
    let anyone = try #require(bare.authenticator.anyone)
    #expect(throws: ExchangeError.self) {
      try bare.dataClasses(RequestFacts(surface: .chatCompletions), Self.asked("phi"), anyone)
    }
    #expect(try bare.dataClasses(RequestFacts(surface: .chatCompletions), Self.asked(nil), anyone).isEmpty)
  }

  @Test func nothingIsCompiledWhereNothingIsConfiguredAndOnceWhereItIs() throws {
    #expect(try Self.snapshot(document()).data?.configured == nil)
    let former = try Self.snapshot()
    let next = Snapshot(former.settings, epoch: 2, former: former)
    #expect(next.data?.detectors === former.data?.detectors && former.data?.detectors !== nil)
  }

  @Test func aModelIsServedWhereItsFallbacksAre() throws {
    let snapshot = try Self.snapshot()
    let principal = try #require(snapshot.authenticator.configured("plain")?.principal)
    let data = try #require(snapshot.data)
    for (names, model, isServed) in [
      (["phi"], "all", true), (["phi"], "open", false), (["phi"], "saved", true), (["pci"], "all", true),
      (["pci", "phi"], "all", false), (["pii"], "open", false),
    ] {
      let classes = try #require(data.classes.classes(named: names))
      let permitted = try #require(data.classes.permitted(classes))
      let position = try #require(snapshot.table.positions[model])
      #expect(
        snapshot.hasDeployment(for: position, rule: nil, principal, within: permitted) == isServed,
        "\(names) at \(model)")
    }
  }

  private static func course(
    _ text: String, header: String? = nil, by known: Snapshot? = nil
  ) throws -> (DataCourse, Snapshot) {
    let masking = Self.yaml.replacing("pii: {}", with: "pii: { action: redact }")
    let snapshot = try known ?? Self.snapshot(masking)
    let principal = try #require(snapshot.authenticator.configured("plain")?.principal)
    let (peek, bytes) = (Peek(), PaddedBytes(body(text)))
    let request = try peek.request(
      bytes, surface: .chatCompletions, detectors: snapshot.data?.detectors)
    return (try snapshot.dataCourse(request, bytes, asked(header), principal, peek), snapshot)
  }

  private static func sent(_ course: DataCourse) -> String {
    course.masked?.body.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// An address that begins where another finding ended shows once that is masked: such a request is sent as it is, to whom may see it.
  @Test func whatShowsByMaskingKeepsARequestWhole() throws {
    var (chance, whole) = (Chance(seed: 9), 0)
    let parts = ["ann@example.com", "10.20.30.40", "+49 30 1234567", "-", " ", "é", "b.de", "1"]
    let (peek, (_, snapshot)) = (Peek(), try Self.course(""))
    for _ in 0..<1_000 {
      let text = (0..<chance.below(9)).map { _ in parts[chance.below(parts.count)] }.joined()
      let (course, _) = try Self.course(text, by: snapshot)
      guard !course.classes.isEmpty else { continue }
      guard let masked = course.masked else {
        whole += 1
        #expect(course.bound == course.classes, "\(text)")
        continue
      }
      let rules = try #require(snapshot.data)
      let again = try peek.request(masked.body, surface: .chatCompletions, detectors: rules.detectors)
      #expect(rules.classes.classes(found: again.facts.detected).isEmpty, "\(text)")
    }
    #expect(whole > 0)
  }

  /// What stands right behind something that is masked may be found only once that is.
  @Test func whatIsFoundOnlyBehindAMaskKeepsARequestWhole() throws {
    let masking = Self.yaml.replacing(
      "pii: {}", with: #"pii: { action: redact, patterns: { badge: '\bB-\d{5}' } }"#)
    let (course, snapshot) = try Self.course("B-12345MRN-123456", by: Self.snapshot(masking))
    let data = try #require(snapshot.data)
    #expect(data.classes.names(course.bound) == ["pii"] && Self.sent(course).isEmpty)
    let (other, _) = try Self.course("B-12345 MRN-123456", by: snapshot)
    #expect(data.classes.names(other.bound) == ["phi"] && Self.sent(other).contains("<badge_1> MRN-123456"))
  }

  @Test func whatIsMaskedBindsNobody() throws {
    let (course, snapshot) = try Self.course("Write to ann@example.com.")
    let data = try #require(snapshot.data)
    #expect(data.classes.names(course.classes) == ["pii"] && course.bound.isEmpty)
    #expect(Self.sent(course) == String(decoding: Self.body("Write to <email_1>."), as: UTF8.self))
    #expect(course.masked?.request.facts.detected == .email)
    #expect(data.classes.permitted(course.bound)?.isEmpty == nil)
  }

  @Test func whatIsNotMaskedBindsAsEver() throws {
    let (mixed, snapshot) = try Self.course("ann@example.com has diabetes")
    let data = try #require(snapshot.data)
    #expect(data.classes.names(mixed.bound) == ["phi"] && Self.sent(mixed).contains("<email_1> has diabetes"))
    let (declared, _) = try Self.course("ann@example.com", header: "pii")
    #expect(data.classes.names(declared.bound) == ["pii"] && Self.sent(declared).contains("<email_1>"))
    let (key, _) = try Self.course(#"x"}],"metadata":{"ann@example.com":"1"},"stop":[{"a":""#)
    #expect(data.classes.names(key.bound) == ["pii"] && Self.sent(key).isEmpty)
    let (plain, _) = try Self.course("Hello.")
    #expect(plain.classes.isEmpty && plain.bound.isEmpty && Self.sent(plain).isEmpty)
  }

  private static func explained(
    _ text: String, model: String = "all", header: String? = nil, key: String = "plain"
  ) throws -> Explanation {
    let headers = header.map { [(name: "x-data-class", value: $0)] } ?? []
    return try Explanation(
      ExplainAsk(who: .key(key), headers: headers, body: body(text, model: model)), by: settings(yaml))
  }

  @Test func explanationsSayWhoToldAndWhoIsLeftButNeverTheText() throws {
    let found = try Self.explained("Ann has MRN-123456 and ann@example.com", header: "phi", key: "ward")
    #expect(
      found.data?.words == "phi by the key, x-data-class, mrn; pii by the key, email; may be seen by eu")
    for text in [found.text, "\(found.json)"] {
      #expect(!text.contains("123456") && !text.contains("ann@"))
    }
    #expect(try Self.explained("Hello.").data?.words == nil)
    guard case .refused(let error) = try Self.explained("diabetes", model: "open").verdict else {
      Issue.record("it is not refused")
      return
    }
    #expect(error.status == 403 && error.code == "no_permitted_deployment")
    #expect(error.message.contains("class phi,") && !error.message.contains("diabetes"))
    guard case .refused(let refused) = try Self.explained("x", header: "secret").verdict else {
      Issue.record("it is not refused")
      return
    }
    #expect(refused.code == "data_class_refused")
  }

  /// What anybody may write, in any place of a request: the set is that of the classes that are in it, and no larger.
  @Test func whateverARequestHoldsOnlyThoseMaySeeItThatMaySeeAllOfIt() throws {
    let snapshot = try Self.snapshot()
    let data = try #require(snapshot.data)
    let texts = [
      ("phi", "diabetes"), ("phi", "MRN-123456"), ("pii", "ann@example.com"), ("pci", "4111-1111-1111-1111"),
      ("", "Hello"),
    ]
    // Who may see what, as a person reads the document: positions of open, eu, us and cards.
    let allowed: [String: Set<Int>] = [
      "": [0, 1, 2, 3], "phi": [1], "pii": [1, 2], "pci": [3], "secret": [],
    ]
    var chance = Chance(seed: 5)
    let peek = Peek()
    for _ in 0..<10_000 {
      let parts = (0...chance.below(3)).map { _ in texts[chance.below(texts.count)] }
      let headers = ["phi", "pii", "pci", "secret"].filter { _ in chance.below(8) == 0 }
      let key = chance.below(4) == 0 ? "ward" : "plain"
      let (surface, text) = Self.request(of: parts.map { $0.1 }, &chance)
      let request = try peek.request(PaddedBytes(text.utf8), surface: surface, detectors: data.detectors)
      let principal = try #require(snapshot.authenticator.configured(key)?.principal)
      let header = headers.isEmpty ? nil : headers.joined(separator: ", ")
      let classes = try snapshot.dataClasses(request.facts, Self.asked(header), principal)
      let names = parts.map { $0.0 } + headers + (key == "ward" ? ["phi", "pii"] : [])
      let expected = names.reduce(Set(0..<4)) { $0.intersection(allowed[$1] ?? []) }
      let permitted = data.classes.permitted(classes)
      #expect(Set((0..<4).filter { permitted?.contains($0) ?? true }) == expected, "\(names): \(text)")
    }
  }

  /// A request that holds texts in some of the places where one can stand.
  private static func request(of texts: [String], _ chance: inout Chance) -> (Surface, String) {
    var surface = Surface.allCases[chance.below(Surface.allCases.count)]
    var messages: [String] = []
    var more = ""
    for text in texts {
      let escaped = chance.below(3) == 0 ? text.utf8.map { "\\u00" + hex($0) }.joined() : text
      switch chance.below(8) {
      case 0: messages.append(#"{"role":"system","content":"\#(escaped)"}"#)
      case 1: messages.append(#"{"role":"user","content":[{"type":"text","text":"so: \#(escaped)."}]}"#)
      case 2: messages.append(#"{"role":"tool","tool_call_id":"c","content":"\#(escaped)"}"#)
      case 3:
        messages.append(
          #"{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":\"\#(text)\"}"}}]}"#
        )
      case 4: more += #","x\#(more.count)":{"y":[{"z":"\#(escaped)"}]}"#
      case 5: more += #","t\#(more.count)":[{"function":{"description":"\#(escaped)"}}]"#
      case 6: more += #","k\#(more.count)":{"\#(escaped)":1}"#
      default: messages.append(#"{"role":"user","name":"\#(escaped)","content":"hi"}"#)
      }
    }
    messages.append(#"{"role":"user","content":"go on"}"#)
    let list = messages.joined(separator: ",")
    let content: String
    switch surface {
    case .chatCompletions, .messages, .countTokens, .ollamaChat: content = #""messages":[\#(list)]"#
    case .responses: content = #""input":[\#(list)]"#
    case .completions, .embeddings, .ollamaGenerate, .ollamaEmbed:
      surface = .responses
      content = #""instructions":"\#(texts.joined(separator: " "))","input":"hi""#
    }
    return (surface, #"{"model":"all",\#(content)\#(more)}"#)
  }

  private static func hex(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
}
