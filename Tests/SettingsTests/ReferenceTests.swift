import Policy
import Settings
import Testing

/// The whole vocabulary, built or not.
struct ReferenceTests {
  @Test func theWholeReferenceIsAccepted() throws {
    let settings = try Fixture("reference.yaml").load()
    #expect(settings.server.tls?.certificateFile == "/etc/sy/tls.crt")
    #expect(settings.admin.token?.revealed == "secret-of-admin")
    #expect(settings.providers.map(\.dialect) == [.openai, .anthropic, .ollama, .openai, .openai])
    #expect(settings.providers[1].keys.map(\.revealed) == ["secret-of-claude-1", "secret-of-claude-2"])
    #expect(settings.providers[4].endpoints.map(\.weight) == [1, 2])
    #expect(settings.providers[4].endpoints[1].labels == ["gpu": "h100"])
    #expect(settings.models[0].deployments.map(\.weight) == [3, 1])
    #expect(settings.tenants[0].teams.map(\.name) == ["search"])
    #expect(settings.auth.staleMax == .seconds(600))
    #expect(settings.deployments.map(\.prices.count) == [1, 2])
    #expect(settings.telemetry.decisions == Settings.Decisions(sample: 10_000_000))
    #expect(settings.rollout.shadow.judge == Settings.Judge(model: "chat-large", sample: 2_500))
    #expect(settings.routing.rules.map(\.model) == ["chat-large", nil, "chat-large"])
    #expect(
      settings.routing.rules.map(\.condition.text) == [
        "task_type: code and complexity: high", "data_class: phi", "rejected: true",
      ])
  }

  @Test func partsThatAreNotBuiltAreListedOnceEachInTheirOrder() throws {
    let unbuilt = try Fixture("reference.yaml").load().unbuilt
    #expect(
      unbuilt.map(\.path) == [
        "server.tls", "state.dir", "telemetry.traces",
      ])
    #expect(
      unbuilt.map { ($0.line, $0.column) }.elementsEqual(
        unbuilt.map { ($0.line, $0.column) }.sorted(by: <), by: ==))
  }

  @Test func whatIsNotBuiltSaysWhereItStandsAndWhatToDo() throws {
    let unbuilt = try Fixture("reference.yaml").load().unbuilt
    let traces = try #require(unbuilt.first { $0.path == "telemetry.traces" })
    #expect((traces.line, traces.column) == (90, 25))
    #expect(
      traces.reason
        == "traces are not built yet: remove telemetry.traces, or use `switchyard check` only")
  }

  @Test func oneValueOfAKeyMayNotBeBuilt() throws {
    let text = LoadTests.minimal().replacing("dialect: openai", with: "dialect: open-inference")
    let dialect = try #require(try Fixture.load(text).unbuilt.first)
    #expect(
      dialect.reason
        == "the dialect open-inference is not built yet: write 'openai' for providers.p.dialect,"
        + " or use `switchyard check` only")
  }

  @Test func providersOfOtherDialectsAreRead() throws {
    let text = LoadTests.minimal(
      url: "https://x.openai.azure.com/openai/deployments/d",
      provider: "api_version: 2024-10-21, output_limit: max_tokens")
    let provider = try #require(try Fixture.load(text).providers.first)
    #expect(provider.apiVersion == "2024-10-21" && provider.outputLimit == .maxTokens)
    let other = LoadTests.minimal(url: "https://api.anthropic.com")
      .replacing("dialect: openai", with: "dialect: anthropic")
    #expect(try Fixture.load(other).providers[0].endpoints[0].url == "https://api.anthropic.com")
  }

  @Test func emptySectionsAskForNothing() throws {
    let text = LoadTests.minimal() + "state: {}\ncache: {}\nbundles: {}\n"
    #expect(try Fixture.load(text).unbuilt.isEmpty)
  }

  @Test func theQueueAndTheClassesOfKeysAreRead() throws {
    let settings = try Fixture("reference.yaml").load()
    #expect(settings.queue == Settings().queue)
    #expect(settings.tenants[0].keys[0].priority == .standard)
    #expect(settings.tenants[0].keys[0].pins == .served)
    let key = "id: a, sha256: \(String(repeating: "0", count: 64)), priority: batch, pin: any"
    let text =
      LoadTests.minimal()
      + "queue: { max: 0, max_wait: 20ms, classes: { batch: 3 } }\ntenants: { t: { keys: [{ \(key) }] } }\n"
    let other = try Fixture.load(text)
    #expect(other.queue.max == 0 && other.queue.maxWait == .milliseconds(20))
    #expect(
      [other.queue.classes.realtime, other.queue.classes.standard, other.queue.classes.batch] == [8, 4, 3])
    #expect(other.tenants[0].keys[0].priority == .batch)
    #expect(other.tenants[0].keys[0].pins == .all)
    for (wrong, path) in [
      ("classes: { urgent: 3 }", "queue.classes"), ("classes: { batch: 0 }", "queue.classes.batch"),
      ("max: -1", "queue.max"), ("max_wait: 2h", "queue.max_wait"),
    ] {
      let errors = Fixture.errors(LoadTests.minimal() + "queue: { \(wrong) }\n")
      #expect(errors.map(\.path) == [path], "\(wrong): \(errors)")
    }
  }

  @Test func keysOfClassesOfDataThatAreNotDeclaredAreRefused() {
    let key = "id: a, sha256: \(String(repeating: "0", count: 64))"
    let text =
      LoadTests.minimal()
      + "tenants: { t: { keys: [{ \(key), data_class: phi }] } }\n"
    #expect(Fixture.errors(text).map(\.path) == ["tenants.t.keys[0].data_class"])
  }

  @Test func damagedReferencesNeverCrash() throws {
    let bytes = Array(try Fixture("reference.yaml").yaml.utf8)
    let damages: [UInt8] = [0, 10, 32, 34, 38, 42, 58, 91, 123, 125, 126, 200, 255]
    var outcomes = 0
    for cut in stride(from: 0, to: bytes.count, by: 97) {
      outcomes += Self.outcome(String(decoding: bytes[..<cut], as: UTF8.self))
      var damaged = bytes
      damaged[cut] = damages[cut / 97 % damages.count]
      outcomes += Self.outcome(String(decoding: damaged, as: UTF8.self))
      damaged.removeSubrange(cut..<min(cut + 7, damaged.count))
      outcomes += Self.outcome(String(decoding: damaged, as: UTF8.self))
    }
    #expect(outcomes == 3 * ((bytes.count + 96) / 97))
  }

  /// One, whether it loads or not; errors must say where they are.
  private static func outcome(_ yaml: String) -> Int {
    for error in Fixture.errors(yaml) {
      #expect(
        error.line > 0 && error.column > 0 && !error.message.isEmpty && !error.message.contains("secret-"))
    }
    return 1
  }

  @Test func hostileDocumentsAreRefusedQuickly() {
    let laughs =
      "a: &a [x, x, x, x, x, x, x, x]\n"
      + "bcdefghijklmnop".reduce(into: ("", "a")) { text, name in
        text = (
          text.0
            + "\(name): &\(name) [\(Array(repeating: "*\(text.1)", count: 9).joined(separator: ", "))]\n",
          "\(name)"
        )
      }.0 + "? *p\n: x\n"
    #expect(Fixture.errors(laughs).map(\.message).first?.hasPrefix("anchors and aliases") == true)
    #expect(Fixture.errors(String(repeating: "[", count: 100_000)).count == 1)
    #expect(Fixture.errors(String(repeating: "- ", count: 5_000)).count == 1)
    #expect(
      Fixture.errors(String(repeating: "#", count: 5 << 20)).map(\.message) == [
        "the document is larger than 4 MiB"
      ])
  }
}
