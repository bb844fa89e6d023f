import Policy
import Testing

/// Versions of models and their lines.
struct BundleTests {
  private static let digest = String(repeating: "0a", count: 32)

  static func bundle(
    version: Int = 11, deployment: String = "gpt", providerModel: String = "gpt-4o", template: String? = nil,
    digest: String? = nil, parameters: [String: JSONLiteral] = [:], tools: String? = nil,
    metadata: [String: String] = [:]
  ) throws -> Bundle {
    let sha256 = (digest ?? template.map { _ in Self.digest }).flatMap { ContentDigest(text: $0) }
    return try Bundle(
      model: "chat", version: version, deployment: deployment, providerModel: providerModel,
      prompt: sha256.map { .init(template: template, sha256: $0) }, parameters: parameters,
      tools: tools.flatMap { ContentDigest(text: $0) }, metadata: metadata)
  }

  @Test func aLineIsOneAndSorted() throws {
    let bundle = try Self.bundle(
      template: "Be \"kind\".\n",
      parameters: ["top_p": .number(#require(JSONNumber("1.0"))), "stop": .string("x")],
      tools: Self.digest, metadata: ["owner": "support", "git": "https://h/x#1"])
    #expect(
      bundle.line
        == #"{"deployment":"gpt","metadata":{"git":"https://h/x#1","owner":"support"},"model":"chat","#
        + #""parameters":{"stop":"x","top_p":1.0},"prompt":{"sha256":"\#(Self.digest)","template":"Be \"kind\".\n"},"#
        + #""provider_model":"gpt-4o","tools":"\#(Self.digest)","version":11}"#)
    #expect(
      try Self.bundle().line == #"{"deployment":"gpt","model":"chat","provider_model":"gpt-4o","version":11}"#
    )
  }

  @Test(arguments: [
    "plain", "\" } ] , \\ \\\" {\"version\":12}", "\u{0}\u{1}\u{1f}\u{7f}\u{85}\u{2028}\u{2029}",
    "e\u{301} é 😀 \u{202e} \u{feff}",
    " deployment=x model=y\r\n*3\r\n$3\r\nDEL\r\n", String(repeating: "\"\\", count: 4_000),
  ])
  func linesSurviveWhateverTheyHold(text: String) throws {
    let short = String(decoding: text.utf8.prefix(400), as: UTF8.self)
    let bundle = try Self.bundle(
      template: text,
      parameters: [
        "stop": .array([.string(text), .null]), "logit_bias": .object([.init(text, .bool(false))]),
      ],
      metadata: ["note": short])
    let line = bundle.line
    #expect(!line.contains { $0.isNewline } && !line.utf8.contains { $0 < 0x20 })
    let again = try Bundle(line: line)
    #expect(again == bundle && again.line.utf8.elementsEqual(line.utf8))
    #expect(again.prompt?.template.map { Array($0.utf8) } == Array(text.utf8))
    #expect(again.metadata["note"].map { Array($0.utf8) } == Array(short.utf8))
    #expect(again.others.isEmpty)
  }

  @Test func otherSpellingsOfALineAreTheSameBundle() throws {
    let line =
      #" { "version" : 11, "model":"ch\u0061t", "metadata":{}, "provider_model":"gpt-4o","deployment":"gpt" } "#
    #expect(try Bundle(line: line) == Self.bundle())
  }

  @Test func whatANewerReleaseWroteIsKept() throws {
    let line =
      #"{"aaa":[1],"deployment":"gpt","model":"chat","provider_model":"gpt-4o","version":11,"zone":{"b":1}}"#
    let bundle = try Bundle(line: line)
    #expect(bundle.others.map(\.name) == ["aaa", "zone"] && bundle.line == line)
    #expect(try bundle != Self.bundle())
  }

  @Test(arguments: [
    ("", "no JSON"), ("{", "no JSON"), ("[]", "no JSON object"), ("7", "no JSON object"),
    ("{}", "model is missing"),
    (#"{"model":7,"deployment":"gpt","provider_model":"m","version":1}"#, "model is no text"),
    (#"{"model":"chat","provider_model":"m","version":1}"#, "deployment is missing"),
    (#"{"model":"chat","deployment":"gpt","version":1}"#, "provider_model is missing"),
    (#"{"model":"chat","deployment":"gpt","provider_model":"","version":1}"#, "provider_model is empty"),
    (#"{"model":"chat","deployment":"gpt","provider_model":"m"}"#, "version is missing"),
    (#"{"model":"chat","deployment":"gpt","provider_model":"m","version":1.0}"#, "no whole number"),
    (#"{"model":"chat","deployment":"gpt","provider_model":"m","version":0}"#, "out of range"),
    (#"{"model":"chat","deployment":"gpt","provider_model":"m","version":"1"}"#, "no whole number"),
    (#"{"model":"a b","deployment":"gpt","provider_model":"m","version":1}"#, "model is no name"),
    (#"{"model":"chat","deployment":"{ro}","provider_model":"m","version":1}"#, "deployment is no name"),
    (
      #"{"model":"chat","model":"x","deployment":"gpt","provider_model":"m","version":1}"#,
      "a name that is there already"
    ),
    (
      #"{"model":"chat","deployment":"gpt","provider_model":"m","version":1,"prompt":"x"}"#,
      "prompt is no JSON object"
    ),
    (
      #"{"model":"chat","deployment":"gpt","provider_model":"m","version":1,"prompt":{"template":"x"}}"#,
      "prompt.sha256 is missing"
    ),
    (
      #"{"model":"chat","deployment":"gpt","provider_model":"m","version":1,"prompt":{"sha256":"AB"}}"#,
      "64 hexadecimal"
    ),
    (
      #"{"model":"chat","deployment":"gpt","provider_model":"m","version":1,"parameters":[]}"#,
      "parameters is no JSON object"
    ),
    (
      #"{"model":"chat","deployment":"gpt","provider_model":"m","version":1,"parameters":{"Model":"x"}}"#,
      "parameters.Model is the router's"
    ),
    (
      #"{"model":"chat","deployment":"gpt","provider_model":"m","version":1,"metadata":{"a":1}}"#,
      "metadata.a is no text"
    ),
    (#"{"model":"chat","deployment":"gpt","provider_model":"m","version":1,"tools":"no"}"#, "64 hexadecimal"),
  ])
  func whatIsNoBundleIsRefusedWithTheReason(line: String, reason: String) {
    let error = #expect(throws: BundleError.self) { try Bundle(line: line) }
    #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
  }

  @Test func aNewerPromptCannotBeKeptAndIsRefused() {
    let line =
      #"{"model":"chat","deployment":"gpt","provider_model":"m","version":1,"prompt":{"sha256":"\#(Self.digest)","role":"x"}}"#
    #expect(throws: BundleError("prompt.role", "is not known to this release, which can't keep the prompt")) {
      try Bundle(line: line)
    }
  }

  @Test func sizesAreBounded() throws {
    let letters = { (count: Int) in String(repeating: "x", count: count) }
    _ = try Self.bundle(template: letters(256 << 10), metadata: ["a": letters(1_024)])
    let many = { (count: Int) in (0..<count).map { "p\($0)" } }
    _ = try Self.bundle(parameters: Dictionary(uniqueKeysWithValues: many(64).map { ($0, .null) }))
    let refused: [(String, () throws -> Bundle)] = [
      ("larger than 256 KiB", { try Self.bundle(template: letters(256 << 10 + 1)) }),
      ("is empty", { try Self.bundle(template: " \n") }),
      ("longer than 1024", { try Self.bundle(metadata: ["a": letters(1_025)]) }),
      ("cannot be a name", { try Self.bundle(metadata: ["a b": "x"]) }),
      (
        "more than 64 entries",
        { try Self.bundle(metadata: .init(uniqueKeysWithValues: many(65).map { ($0, "") })) }
      ),
      (
        "are more than 64",
        { try Self.bundle(parameters: .init(uniqueKeysWithValues: many(65).map { ($0, .null) })) }
      ),
      ("are more than 64 KiB", { try Self.bundle(parameters: ["stop": .string(letters(64 << 10))]) }),
      (
        "more than 16 levels",
        {
          try Self.bundle(parameters: [
            "a": JSONLiteral(text: String(repeating: "[", count: 17) + String(repeating: "]", count: 17))
          ])
        }
      ),
      (
        "name one thing twice",
        { try Self.bundle(parameters: ["max_tokens": .null, "max_output_tokens": .null]) }
      ),
      ("cannot be a parameter", { try Self.bundle(parameters: ["a b": .null]) }),
      ("of control characters", { try Self.bundle(providerModel: "a\nb") }),
    ]
    for (reason, make) in refused {
      let error = #expect(throws: BundleError.self, "\(reason)") { try make() }
      #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }
    #expect(throws: BundleError.self) { try Bundle(line: letters(1 << 20 + 1)) }
  }

  @Test func theLargestBundleHasALineThatIsRead() throws {
    // Escapes are six bytes for two at the worst.
    let bundle = try Self.bundle(
      template: String(repeating: "\u{7f}", count: 64 << 10),
      parameters: ["stop": .string(String(repeating: "\u{7f}", count: 10_000))],
      metadata: .init(
        uniqueKeysWithValues: (0..<64).map { ("m\($0)", String(repeating: "\u{7f}", count: 1_024)) }))
    #expect(try Bundle(line: bundle.line) == bundle)
    let error = #expect(throws: BundleError.self) {
      try Self.bundle(template: String(repeating: "\u{7f}", count: 256 << 10))
    }
    #expect(error?.description.hasPrefix("the bundle is longer than 1 MiB") == true)
  }

  // MARK: One thing at a time

  @Test func changesNameTheVariablesThatDiffer() throws {
    let active = try Self.bundle(template: "a", parameters: ["top_p": .null])
    let other = String(repeating: "1", count: 64)
    let cases: [(Bundle, [Bundle.Variable])] = [
      (
        try Self.bundle(version: 12, template: "a", parameters: ["top_p": .null], metadata: ["owner": "x"]),
        []
      ),
      (try Self.bundle(deployment: "llama", template: "a", parameters: ["top_p": .null]), [.deployment]),
      (try Self.bundle(providerModel: "gpt-5", template: "a", parameters: ["top_p": .null]), [.deployment]),
      (try Self.bundle(digest: other, parameters: ["top_p": .null]), [.prompt]),
      (try Self.bundle(parameters: ["top_p": .null]), [.prompt]),
      (try Self.bundle(digest: Self.digest, parameters: ["top_p": .null]), []),
      (try Self.bundle(template: "a"), [.parameters]),
      (try Self.bundle(template: "a", parameters: ["top_p": .bool(true)]), [.parameters]),
      (try Self.bundle(template: "a", parameters: ["top_p": .null], tools: other), [.tools]),
      (try Self.bundle(deployment: "llama", tools: other), [.deployment, .prompt, .parameters, .tools]),
    ]
    for (bundle, changes) in cases {
      #expect(bundle.changes(against: active) == changes, "\(bundle.line)")
    }
  }

  @Test func twoChangesAtOnceNeedAReason() throws {
    let (active, one) = (try Self.bundle(), try Self.bundle(version: 12, deployment: "llama"))
    let two = try Self.bundle(version: 12, deployment: "llama", template: "a")
    try one.check(against: active, reason: nil)
    try two.check(against: nil, reason: nil)
    try two.check(against: active, reason: "the old model is gone")
    for reason in [nil, "", " \n"] {
      #expect(
        throws: BundleError(
          "version 12",
          "changes deployment and prompt at once against version 11: change one at a time, or give a reason")
      ) { try two.check(against: active, reason: reason) }
    }
  }

  @Test func digestsAreOf32Bytes() throws {
    #expect(ContentDigest(bytes: Array(repeating: 10, count: 32))?.text == Self.digest)
    #expect(ContentDigest(bytes: [1, 2]) == nil && ContentDigest(text: Self.digest.uppercased()) == nil)
    #expect(ContentDigest(text: Self.digest)?.text == Self.digest)
  }
}
