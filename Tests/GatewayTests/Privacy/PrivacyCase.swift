import Policy
import Settings

@testable import Gateway

/// One request of the many that are made up, and who may see it: by a table of this file, which knows nothing of how routers decide.
struct PrivacyCase: Sendable {
  enum Key: String, CaseIterable, Sendable {
    /// The last one's budget is nearly spent all the time.
    case plain, ward, teller, thrifty

    var classes: Set<String> {
      switch self {
      case .plain, .thrifty: []
      case .ward: ["phi"]
      case .teller: ["pii", "pci"]
      }
    }
  }

  /// A text in which something of a class is found.
  struct Piece: Sendable {
    enum Place: CaseIterable, Sendable { case user, system, unknown }

    var dataClass: String
    var text: String
    var place = Place.user

    static let all = [
      Piece(dataClass: "phi", text: "she has diabetes"), Piece(dataClass: "phi", text: "MRN-123456"),
      Piece(dataClass: "pii", text: "ann@example.com"), Piece(dataClass: "pci", text: "4111-1111-1111-1111"),
      Piece(dataClass: "staff", text: "badge \(secret)"),
    ]
    /// What is masked where that can be done.
    static let secret = "B-12345"
  }

  /// A number that stands in its text, and in none of another request.
  var mark: Int
  var key = Key.plain
  /// What its header says.
  var declared: [String] = []
  var pieces: [Piece] = []
  /// What rules ask for.
  var desk: String?
  /// What keeps it at one endpoint, where that is wanted.
  var session: Int?
  /// Nil: none is named.
  var model: String?
  var isPinned = false
  var isStream = false
  var isResponses = false

  // MARK: Who may see it

  /// What each deployment is cleared for, regions and all, as a person reads the document below.
  static let cleared: [String: Set<String>] = [
    "open": [], "spare": [], "referee": [], "us": ["pii", "pci"], "both": ["pii"], "cards": ["pci"],
    "eu": ["phi", "pii"], "eu-all": ["phi", "pii", "pci", "staff"], "eu-referee": ["phi", "pii", "pci"],
    "tried": ["phi", "pii"], "copied": ["phi", "pii", "pci"],
  ]
  /// Those that run in Europe alone.
  private static let european: Set = ["open", "eu", "eu-all", "eu-referee", "tried", "copied"]

  private var found: Set<String> { Set(pieces.map(\.dataClass)) }
  var classes: Set<String> { key.classes.union(declared).union(found) }
  /// What is found of it can be replaced.
  var isMasked: Bool { found.contains("staff") && !isResponses }

  /// The deployments that may see it.
  var allowed: Set<String> {
    if classes.contains("secret") { return [] }
    var bound = classes
    if isMasked, !declared.contains("staff") { bound.remove("staff") }
    let all = Self.cleared.filter { bound.isSubset(of: $0.value) }
    return Set(all.keys).filter { desk != "clinic" || Self.european.contains($0) }
  }

  /// The number in a text that was made for one of these; nil where there is none.
  static func mark(in text: String) -> Int? {
    guard let start = text.firstRange(of: "case k")?.upperBound else { return nil }
    return Int(text[start...].prefix { $0.isNumber })
  }

  /// The deployments that say of themselves that they answered.
  static func answerers(in text: String) -> [String] {
    let names = text.split(separator: "from ").dropFirst().map { rest in
      String(rest.prefix { $0.isLetter || $0 == "-" })
    }
    return names.filter { cleared[$0] != nil }
  }

  // MARK: On the wire

  /// The request whole, head and body.
  var request: String {
    var fields = "Authorization: Bearer \(key)-key\r\n"
    if !declared.isEmpty { fields += "X-Data-Class: \(declared.joined(separator: ", "))\r\n" }
    if let desk { fields += "X-Desk: \(desk)\r\n" }
    if let session { fields += "X-Session-Id: s\(session)\r\n" }
    if isPinned { fields += "X-Switchyard-Version: 10\r\n" }
    let path = isResponses ? "/v1/responses" : "/v1/chat/completions"
    return "POST \(path) HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  /// Says that the answer of a ticket was of no use.
  func rejection(of ticket: String) -> String {
    let body = #"{"id":"\#(ticket)","thumbs":"down"}"#
    return "POST /v1/feedback HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(key)-key\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  private var body: String {
    let system = #"{"role":"system","content":"Be brief. \#(texts(.system))"}"#
    let user = #"{"role":"user","content":"case k\#(mark)k \#(texts(.user))"}"#
    let named = model.map { #""model":"\#($0)","# } ?? ""
    return #"{\#(named)"stream":\#(isStream),"temperature":0,"\#(isResponses ? "input" : "messages")":["#
      + #"\#(system),\#(user)],"x_more":{"y":["\#(texts(.unknown))"]}}"#
  }

  private func texts(_ place: Piece.Place) -> String {
    pieces.filter { $0.place == place }.map(\.text).joined(separator: " and ")
  }
}

// MARK: The router that they go to

extension PrivacyCase {
  /// Each deployment has a path of its own at one server; for one of them requests have to wait.
  static func settings(at url: String) throws -> Settings {
    let providers = cleared.keys.sorted().map { name in
      let room = name == "eu-all" ? ", max_concurrent: 2" : ""
      return "  \(name): { dialect: openai, base_url: \"\(url)/\(name)/v1\"\(room) }"
    }
    var result = try GatewayTests.settings(
      yaml.replacing("  PROVIDERS", with: providers.joined(separator: "\n")))
    (result.server.port, result.admin.port, result.server.workers) = (0, 0, 2)
    return result
  }

  /// `chat` has a candidate and a version to be asked for, `duo` one that gets copies.
  static func rollouts() throws -> Rollouts {
    let lines = [
      "chat": "ver=1 candidate=12 state=CANARY step=0 weight=40 since=1 deprecated=10@9000000000000",
      "duo": "ver=1 candidate=22 state=SHADOW step=0 weight=0 copies=80 since=1 slow95=1000",
    ]
    let bundles = try [
      VersionsUnderTest.bundle(10, deployment: "us"), VersionsUnderTest.bundle(12, deployment: "tried"),
      VersionsUnderTest.bundle(22, deployment: "copied", model: "duo"),
    ]
    var rollouts = Rollouts()
    for (model, line) in lines {
      let own = bundles.filter { $0.model == model }.map { ($0.version, $0) }
      rollouts.models[model] = Rollouts.Model(
        RolloutState(text: line) ?? RolloutState(), bundles: Dictionary(uniqueKeysWithValues: own),
        gate: CandidateGate())
    }
    rollouts.lease.extend(to: .max)
    return rollouts
  }

  /// Keys are `plain-key`, `ward-key` and so on.
  private static let yaml = #"""
    server: { host: 127.0.0.1, first_byte_timeout: { stream: 150ms, plain: 150ms } }
    cache: { ttl: 1s, stale_while_revalidate: 60s, stale_if_error: 60s }
    breaker: { min_requests: 1000000, outliers: false }
    rollout: { shadow: { sample: 10%, budget: 1000000, max_concurrent: 1000, judge: { model: judge, sample: 100% } } }
    providers:
      PROVIDERS
    deployments:
      open: { provider: open, model: m, regions: [eu], price: { input: 1, output: 1 } }
      spare: { provider: spare, model: m, price: { input: 1, output: 1 } }
      us: { provider: us, model: m, regions: [us], data: [phi, pii, pci], price: { input: 100, output: 100 } }
      both: { provider: both, model: m, regions: [eu, us], data: [phi, pii], price: { input: 100, output: 100 } }
      cards: { provider: cards, model: m, data: [pci], price: { input: 2, output: 2 } }
      eu: { provider: eu, model: m, regions: [eu], data: [phi, pii], price: { input: 50, output: 50 } }
      eu-all: { provider: eu-all, model: m, regions: [eu], data: [phi, pii, pci, staff], price: { input: 100, output: 100 } }
      tried: { provider: tried, model: m, regions: [eu], data: [phi, pii], price: { input: 100, output: 100 } }
      copied: { provider: copied, model: m, regions: [eu], data: [phi, pii, pci], price: { input: 100, output: 100 } }
      referee: { provider: referee, model: m, price: { input: 1, output: 1 } }
      eu-referee: { provider: eu-referee, model: m, regions: [eu], data: [phi, pii, pci], price: { input: 1, output: 1 } }
    models:
      chat:
        deployments: [open, eu, us, both]
        fallbacks: [back, spare]
        hedge: { after: 2ms, budget: 100% }
        retry: { attempts: 5, budget: 100% }
        cache: all
      duo: { deployments: [open, eu, eu-all, both], fallbacks: [spare, pool], retry: { attempts: 4, budget: 100% }, cache: all }
      lab: { deployments: [open, eu], fallbacks: [chat], hedge: { after: 2ms, budget: 100% }, cache: all, affinity: session }
      pool: { deployments: [us, eu-all, cards], fallbacks: [lab], hedge: { after: 2ms, budget: 100% }, cache: all }
      back: { deployments: [cards, eu-all], fallbacks: [open] }
      open: { deployments: [open], fallbacks: [chat] }
      spare: { deployments: [spare] }
      judge: { deployments: [referee, eu-referee] }
    routing:
      default_model: chat
      rules:
        - { name: clinic, condition: { header.x-desk: clinic }, deployments: { regions: [eu] } }
        - { name: ward, condition: { header.x-desk: ward, data_class: [phi, pii] }, model: lab, fallbacks: [pool, spare] }
        - { name: short, condition: { header.x-desk: short }, fallbacks: [spare] }
        - { name: swap, condition: { header.x-desk: swap }, model: duo, fallbacks: [spare, chat] }
        - { name: again, condition: { rejected: true }, model: back }
      experiments:
        wide: { control: lab, treatment: pool, percentage: 50% }
      data_classes:
        phi: { regions: [eu], patterns: { mrn: '\bMRN-\d{6}\b' } }
        pii: {}
        pci: {}
        staff: { action: redact, patterns: { badge: '\bB-\d{5}\b' } }
        secret: { action: refuse }
    tenants:
      lean:
        limits: [ { dollars: 10, per: month, steer: 1% } ]
        keys: [ { id: thrifty, sha256: 9409e5c0f45eb48855eba8a2719bbd535d03e22921a362dfb6a400c531611765 } ]
      acme: { keys: [ { id: plain, sha256: 2b5cde0108a957d90d131d664db092b0b604ee9741ef89e937ebc526be94cc57 } ] }
      clinic:
        data_class: phi
        keys: [ { id: ward, sha256: 8083dc7e38f326dccb1138dede8829171162de0c95bfe5a35a11d30bbc2a7194 } ]
      bank:
        data_class: pii
        keys: [ { id: teller, sha256: 462fd4f210ef71fdcca6033fe00fa8b9d33a65ec34996e72b72df4747e82ca73, data_class: pci } ]
    """#
}
