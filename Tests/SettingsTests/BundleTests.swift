import Foundation
import Policy
import Settings
import Testing

/// Versions of models as the document declares them.
struct BundleTests {
  private static let two = """
    deployments: { d: { provider: p, model: x }, e: { provider: p, model: "provider's own" } }
    """

  /// The smallest document, with these bundles of its model.
  private func load(_ bundles: String) throws -> Settings {
    let text = LoadTests.minimal().replacing("deployments: { d: { provider: p, model: x } }", with: Self.two)
    return try Fixture.load(text + "bundles:\n  m:\n" + bundles + "\n")
  }

  @Test func theReferenceHasOne() throws {
    let bundle = try #require(try Fixture("reference.yaml").load().bundles.first)
    #expect(bundle.model == "chat-fast" && bundle.version == 11 && bundle.deployment == "gpt-4o-mini")
    #expect(bundle.prompt == .template("Help “kindly”.\n", file: "prompts/support-v3.txt"))
    #expect(bundle.parameters == ["temperature": try JSONLiteral(text: "0.2")])
    #expect(bundle.metadata == ["owner": "support"] && bundle.toolsSHA256 == nil && bundle.reason == nil)
  }

  @Test func parametersAreJSON() throws {
    let bundle = try load(
      """
          - version: 1
            deployment: d
            parameters:
              temperature: 0.20
              max_tokens: 1024
              top_p: -1.5E-3
              seed: "7"
              logprobs: true
              quoted: "true"
              day: 2026-11-23
              stop: [x, "1", 2, '3', null, [], {}]
              prose: |
                two
                lines
              home: "$${HOME}"
              set: ${SET}
              response_format: { type: json_schema, json_schema: { "a b": { b: [-1, false] } } }
      """
    ).bundles[0]
    let expected = [
      "temperature": "0.20", "max_tokens": "1024", "top_p": "-1.5E-3", "seed": #""7""#, "logprobs": "true",
      "quoted": #""true""#, "day": #""2026-11-23""#, "stop": #"["x","1",2,"3",null,[],{}]"#,
      "prose": #""two\nlines\n""#, "home": #""${HOME}""#, "set": #""secret-set""#,
      "response_format": #"{"json_schema":{"a b":{"b":[-1,false]}},"type":"json_schema"}"#,
    ]
    #expect(bundle.parameters.mapValues(\.text) == expected)
  }

  @Test func bundlesArePrintedAndReadAgain() throws {
    let settings = try load(
      #"""
        - version: 3
          deployment: d
          prompt: { template: "a: \"b\" # c\n\n $${X} \u2028 é" }
          parameters: { stop: ["1", 1, -1, 1e+5, "true", true, "null", "", " x", "a: b", [[1], { b: ["2"] }], {}, [null]], "top-p": 1.0 }
          tools_sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
          metadata: { owner: "on", rows: 17, note: "$${Y}: - x" }
          reason: "All at once: why not?"
        - { version: 4, deployment: d, prompt: { sha256: "9F86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" }, reason: r }
        - { version: 5, deployment: d, prompt: { template_file: prompts/support-v3.txt } }
      """#)
    let printed = settings.printed()
    let again = try Fixture.load(printed)
    #expect(again.bundles == settings.bundles, "\(printed)")
    #expect(
      again.bundles[0].parameters["stop"]?.text.contains(#"["1",1,-1,1e+5,"true",true,"null",""," x""#)
        == true)
    #expect(again.bundles[0].prompt == .template("a: \"b\" # c\n\n ${X} \u{2028} é", file: nil))
    #expect(settings.bundles.map(\.version) == [3, 4, 5])
  }

  @Test func versionsFollowEachOtherByTheirNumbers() throws {
    // In their order of writing, two things would change at once.
    let settings = try load(
      """
          - { version: 3, deployment: e, prompt: { template: p } }
          - { version: 1, deployment: d }
          - { version: 2, deployment: e }
      """)
    #expect(settings.bundles.count == 3)
  }

  @Test func theSameTextFromAFileIsNoChange() throws {
    _ = try load(
      """
          - { version: 1, deployment: d, prompt: { template_file: prompts/support-v3.txt } }
          - { version: 2, deployment: e, prompt: { template: "Help “kindly”.\\n" } }
      """)
  }

  @Test func declaredBundlesBecomeThoseThatAreRegistered() throws {
    let settings = try load(
      """
          - { version: 1, deployment: e, prompt: { template: abc }, parameters: { seed: 7 }, metadata: { owner: x } }
          - { version: 2, deployment: d, tools_sha256: \(String(repeating: "0a", count: 32)), reason: both }
      """)
    let declared = try settings.declaredBundles { [UInt8](repeating: UInt8($0.count), count: 32) }
    let digest = String(repeating: "03", count: 32)
    #expect(
      declared.map(\.bundle.line) == [
        #"{"deployment":"e","metadata":{"owner":"x"},"model":"m","parameters":{"seed":7},"#
          + #""prompt":{"sha256":"\#(digest)","template":"abc"},"provider_model":"provider's own","version":1}"#,
        #"{"deployment":"d","model":"m","provider_model":"x","tools":"\#(String(repeating: "0a", count: 32))","version":2}"#,
      ])
    #expect(declared.map(\.reason) == [nil, "both"])
    #expect(throws: BundleError.self) { try settings.declaredBundles { _ in [] } }
  }

  @Test func templatesThatAreReadCountAsFilesOfTheDocument() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bundles-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (document, template) = (folder.appending(path: "sy.yaml"), folder.appending(path: "p.txt"))
    let text =
      LoadTests.minimal()
      + "bundles: { m: [ { version: 1, deployment: d, prompt: { template_file: p.txt } } ] }\n"
    try text.write(to: document, atomically: true, encoding: .utf8)
    try "Be kind.\r\n".write(to: template, atomically: true, encoding: .utf8)
    let settings = try Settings.load(path: document.path, environment: [:])
    #expect(settings.files == [template.path])
    #expect(settings.bundles[0].prompt == .template("Be kind.\r\n", file: template.path))
    try Data([0x63, 0xe9]).write(to: template)
    let errors = #expect(throws: SettingsErrors.self) {
      try Settings.load(path: document.path, environment: [:])
    }
    #expect(errors?.errors.map(\.message) == ["\(template.path) holds bytes that are not UTF-8"])
  }

  @Test func bundlesAreBuilt() throws {
    #expect(try load("    - { version: 1, deployment: d }").unbuilt.isEmpty)
  }
}
