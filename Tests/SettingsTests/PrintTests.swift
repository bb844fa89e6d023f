import Foundation
import Settings
import Testing

/// What is printed can be loaded, and never tells a secret.
struct PrintTests {
  @Test(arguments: ["valid.yaml", "reference.yaml"])
  func printedSettingsLoadToTheSameValue(name: String) throws {
    var settings = try Fixture(name).load()
    let printed = settings.printed()
    var again = try Fixture.load(printed)
    settings.unbuilt = []
    again.unbuilt = []
    #expect(again == settings, "\(printed)")
  }

  @Test func everyDefaultIsPrinted() throws {
    let printed = try Fixture.load(LoadTests.minimal()).printed()
    for line in [
      "  request_timeout: 10m", "    stream: 30s", "  max_buffered: 512MiB", "  workers: auto",
      "  mode: none", "  key_prefix: sy", "  timeout: 25ms", "  min_replicas: 1", "  atomic: false",
      "    balance: least_connections", "      attempts: 3", "      budget: 20%", "  log: json",
      "tenants: {}",
    ] {
      #expect(printed.split(separator: "\n").contains(line[...]), "\(line) in\n\(printed)")
    }
  }

  @Test func secretsArePrintedAsTheirReferences() throws {
    let text = LoadTests.minimal(
      provider: "api_keys: [\"x-${SET}\", { file: /run/secrets/claude-1 }, \"in the clear\"]"
    ).replacing("in the clear", with: "plain-secret-key")
    let printed = try Fixture.load(text).printed()
    #expect(printed.contains("\"x-${SET}\""))
    #expect(printed.contains("file: \"/run/secrets/claude-1\""))
    #expect(printed.contains("\"***\""))
  }

  @Test(arguments: ["valid.yaml", "reference.yaml"])
  func secretsAreNeverShown(name: String) throws {
    let text = try Fixture(name).yaml.replacing(
      "dialect: anthropic", with: "api_key: secret-literal, dialect: anthropic"
    )
    .replacing(
      "api_keys: [ { file: /run/secrets/claude-1 }, { file: /run/secrets/claude-2 } ]",
      with: "proxy: \"http://h\"")
    let settings = try Fixture.load(text)
    var dumped = ""
    dump(settings, to: &dumped)
    for shown in [settings.printed(), "\(settings)", String(reflecting: settings), dumped] {
      #expect(!shown.contains("secret-"), "\(shown)")
    }
  }

  @Test func textThatOnlyQuotesCanHoldSurvives() throws {
    let odd = "null: # - \\\"q\\\" \\\\ \\u00e9 \\t\\n $${HOME} 'x'"
    let text = LoadTests.minimal(provider: "stream_usage: none").replacing(
      "model: x", with: "model: \"\(odd)\"")
    let settings = try Fixture.load(text)
    #expect(settings.deployments[0].model == "null: # - \"q\" \\ é \t\n ${HOME} 'x'")
    #expect(try Fixture.load(settings.printed()) == settings)
  }

  @Test func whatIsNotBuiltIsPrintedAsComments() throws {
    let printed = try Fixture("reference.yaml").load().printed()
    #expect(
      printed.contains("# Accepted and not built yet:\n#   server.tls: TLS on the data port is not built yet")
    )
  }
}

/// The JSON Schema is made of the table that reads.
struct SchemaTests {
  @Test func theSchemaIsValidJSONAndNamesEveryKeyOfTheReference() throws {
    let schema = try #require(Self.parse(Settings.jsonSchema()) as? [String: Any])
    #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    #expect(Set(schema["required"] as? [String] ?? []) == ["providers", "deployments", "models"])
    let text = Settings.jsonSchema()
    for name in try Self.keysOfTheReference() {
      #expect(text.contains("\"\(name)\""), "\(name)")
    }
  }

  @Test func keysThatTheSchemaKnowsAreKeysThatLoadingKnows() throws {
    let schema = try #require(Self.parse(Settings.jsonSchema()) as? [String: Any])
    let sections = try #require(schema["properties"] as? [String: [String: Any]])
    for (section, part) in sections {
      let keys = (part["properties"] as? [String: Any] ?? [:]).keys.sorted()
      let text = "\(section): { \((keys + ["zzzzzz"]).map { "\($0): 1" }.joined(separator: ", ")) }\n"
      let unknown = Fixture.errors(text).map(\.message).filter { $0.hasPrefix("unknown key") }
      let isRecord = part["properties"] != nil
      #expect(unknown == (isRecord ? ["unknown key 'zzzzzz'"] : []), "\(section)")
    }
  }

  @Test func defaultsAndUnbuiltPartsStandInTheSchema() throws {
    let text = Settings.jsonSchema()
    #expect(text.contains("\"default\": \"512MiB\""))
    #expect(text.contains("\"default\": 8080"))
    #expect(text.contains("\"default\": false"))
    #expect(text.contains("Certificate of the data port. (Not built yet.)"))
  }

  /// Words before a colon that aren't names that the document itself gives.
  private static func keysOfTheReference() throws -> Set<String> {
    let free: Set = [
      "openai", "anthropic", "laptop", "gpus", "lab", "gpu", "chat-fast", "chat-large", "gpt-4o-mini",
      "llama-70b",
      "bigger", "acme", "search", "realtime", "standard", "batch", "temperature", "owner",
      "phi", "mrn",
    ]
    let lines = try Fixture("reference.yaml").yaml.split(separator: "\n").map { $0.prefix { $0 != "#" } }
    let words = lines.flatMap { $0.matches(of: /([a-z][a-z0-9_-]*):[ \n{]|([a-z][a-z0-9_-]*):$/) }
    return Set(words.compactMap { ($0.1 ?? $0.2).map(String.init) }).subtracting(free)
  }

  private static func parse(_ text: String) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(text.utf8))
  }
}
