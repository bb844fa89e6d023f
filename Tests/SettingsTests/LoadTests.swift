import Settings
import Testing

/// What good documents become.
struct LoadTests {
  @Test func theDocumentToStartFromLoads() throws {
    let settings = try Fixture("valid.yaml").load()
    #expect(settings.unbuilt.isEmpty)
    #expect(settings.server.requestTimeout == .seconds(120))
    #expect(settings.providers.map(\.name) == ["openai"])
    #expect(settings.providers[0].endpoints.map(\.url) == ["https://api.openai.com/v1"])
    #expect(settings.providers[0].keys.map(\.revealed) == ["sk-secret-of-openai"])
    #expect(settings.deployments.map(\.name) == ["gpt-4o-mini", "gpt-4o"])
    #expect(settings.models[0].fallbacks == ["chat-large"])
    #expect(settings.models[0].retry.attempts == 3)
    #expect(settings.models[0].retry.budget == 20)
    #expect(settings.models[0].aliases == ["chat"])
    #expect(settings.routing.defaultModel == "chat-fast")
    #expect(settings.auth.mode == .keys)
    #expect(settings.tenants[0].keys[0].sha256.count == 32)
    #expect(settings.tenants[0].keys[0].sha256.first == 0x9f)
    #expect(settings.tenants[0].keys[0].models == ["chat-*"])
  }

  @Test func pricesAndTokenCountsAreExact() throws {
    let deployment = try Fixture("valid.yaml").load().deployments[0]
    #expect(deployment.prices.first?.input == 150_000)
    #expect(deployment.prices.first?.output == 600_000)
    #expect(deployment.prices.first?.cachedInput == 75_000)
    #expect(deployment.context == 128_000)
  }

  @Test func absentKeysHaveTheDefaultsOfTheValue() throws {
    let settings = try Fixture.load(Self.minimal())
    var server = Settings().server
    server.host = "127.0.0.1"
    #expect(settings.server == server)
    #expect(settings.admin == Settings().admin)
    #expect(settings.auth.mode == .none)
    #expect(settings.models[0].balance == .leastConnections)
  }

  @Test func endpointsMayTakeOnlySoManyRequests() throws {
    let text = Self.minimal(
      provider:
        "max_concurrent: 8, endpoints: [ \"http://a/v1\", { url: \"http://b/v1\", max_concurrent: 2 } ]"
    ).replacing("base_url: \"http://127.0.0.1:9/v1\", ", with: "")
    let provider = try #require(Fixture.load(text).providers.first)
    #expect(provider.maxConcurrent == 8 && provider.endpoints.map(\.maxConcurrent) == [nil, 2])
    #expect(try Fixture.load(Fixture.load(text).printed()).providers.first == provider)
    for wrong in ["0", "-1", "many", "1000001"] {
      let errors = Fixture.errors(text.replacing("max_concurrent: 2", with: "max_concurrent: \(wrong)"))
      #expect(errors.map(\.path) == ["providers.p.endpoints[1].max_concurrent"], "\(wrong): \(errors)")
    }
  }

  @Test func plainAnswersHaveTheTimeOfTheRequestUnlessWritten() throws {
    let cases: [(String, stream: Int, plain: Int)] = [
      ("request_timeout: 100s", 30, 100),
      ("request_timeout: 100s, first_byte_timeout: 5s", 5, 5),
      ("request_timeout: 100s, first_byte_timeout: { stream: 6s }", 6, 100),
      ("request_timeout: 100s, first_byte_timeout: { plain: 7s }", 30, 7),
    ]
    for (text, stream, plain) in cases {
      let timeout = try Fixture.load(Self.minimal(server: text)).server.firstByteTimeout
      #expect(timeout.stream == .seconds(stream), "\(text)")
      #expect(timeout.plain == .seconds(plain), "\(text)")
    }
  }

  @Test func unitsAreRead() throws {
    let server = try Fixture.load(
      Self.minimal(
        server: """
          max_body: 512KiB, max_buffered: 1GiB, idle_timeout: 250ms, drain_notice: 10s, drain_timeout: 1h, \
          workers: 3
          """)
    ).server
    #expect(server.maxBody == Bytes(512 << 10))
    #expect(server.maxBuffered == Bytes(1 << 30))
    #expect(server.idleTimeout == .milliseconds(250))
    #expect(server.drainNotice == .seconds(10))
    #expect(server.drainTimeout == .seconds(3600))
    #expect(server.workers == 3)
  }

  @Test func referencesStandForAnyValueAndCanBeEscaped() throws {
    let settings = try Fixture.load(
      Self.minimal(server: "port: \"${PORT}\"", provider: "api_key: \"a$${SET}-${SET}$\""))
    #expect(settings.server.port == 9191)
    #expect(settings.providers[0].keys[0].revealed == "a${SET}-secret-set$")
  }

  @Test func keysComeFromFilesLessOneNewline() throws {
    let one = try Fixture.load(Self.minimal(provider: "api_key_file: there"))
    let many = try Fixture.load(Self.minimal(provider: "api_keys: [{ file: there }, literal]"))
    #expect(one.providers[0].keys.map(\.revealed) == ["secret-there"])
    #expect(many.providers[0].keys.map(\.revealed) == ["secret-there", "literal"])
  }

  @Test func trailingSlashesOfURLsGo() throws {
    let settings = try Fixture.load(Self.minimal(url: "https://[::1]:8443/v1//"))
    #expect(settings.providers[0].endpoints[0].url == "https://[::1]:8443/v1")
  }

  @Test func beyondLoopbackNobodyIsAskedForAKeyOnlyWhereWrittenOut() throws {
    let open = Self.minimal(server: "port: 80", host: "0.0.0.0") + "auth: { mode: none }\n"
    #expect(try Fixture.load(open).auth.mode == .none)
    #expect(Fixture.errors(Self.minimal(host: "0.0.0.0")).count == 1)
  }

  @Test func fallbacksMayGoRoundInACircle() throws {
    let settings = try Fixture.load(
      Self.minimal(models: "a: { deployments: [d], fallbacks: [b] }, b: { deployments: [d], fallbacks: [a] }")
    )
    #expect(settings.models.map(\.fallbacks) == [["b"], ["a"]])
  }

  @Test func ampersandsInAddressesAndCommentsAreNoAnchors() throws {
    let text = Self.minimal() + "# R&D, and &this\ntelemetry: { log: json } # &that\n"
    #expect(try Fixture.load(text).telemetry.log == .json)
  }

  /// The smallest document, with more of this or that.
  static func minimal(
    server: String = "port: 8080", host: String = "127.0.0.1", url: String = "http://127.0.0.1:9/v1",
    provider: String = "stream_usage: inject", models: String = "m: { deployments: [d] }"
  ) -> String {
    """
    server: { host: \(host), \(server) }
    providers: { p: { dialect: openai, base_url: "\(url)", \(provider) } }
    deployments: { d: { provider: p, model: x } }
    models: { \(models) }

    """
  }
}
