import Policy
import Settings
import Testing

/// What `routing.rules` become.
struct RuleTests {
  private static let priced = """
    server: { host: 127.0.0.1 }
    providers: { p: { dialect: openai, base_url: "http://127.0.0.1:9/v1" } }
    deployments:
      d: { provider: p, model: x, price: { input: 1, output: 4 }, regions: [eu], data: [phi, pii], capabilities: [tools] }
      e: { provider: p, model: y, price: { input: 0.1, output: 0.4 }, regions: [eu, us] }
    models: { m: { deployments: [d, e] }, n: { deployments: [e] } }

    """

  private func rules(_ text: String) throws -> [Settings.Rule] {
    let settings = try Fixture.load(
      Self.priced + "routing:\n  data_classes: { phi: {}, pii: {} }\n  rules:\n" + text)
    var again = try Fixture.load(settings.printed())
    again.unbuilt = settings.unbuilt
    #expect(again == settings, "\(settings.printed())")
    #expect(settings.unbuilt.isEmpty)
    return settings.routing.rules
  }

  private func condition(_ text: String) throws -> RuleCondition {
    try #require(try rules("    - { condition: \(text), model: m }\n").first).condition
  }

  @Test func aRuleIsReadWhole() throws {
    let rule = try #require(
      try rules(
        """
            - name: private
              condition: { data_class: [phi, pii], user_tier: "g*", header.X-Kind: a, metadata.project: p1 }
              model: n
              deployments: { capability: tools, regions: [eu], data: phi, max_price: 4 }
              parameters: { temperature: 0.20, stop: ["x"] }
              priority: batch
              fallbacks: [m]

        """.replacing("model: n", with: "model: m").replacing("fallbacks: [m]", with: "fallbacks: [n]")
      ).first)
    #expect(rule.name == "private" && rule.model == "m" && rule.priority == .batch && rule.fallbacks == ["n"])
    let filter = try #require(rule.deployments)
    #expect(filter.capabilities == ["tools"] && filter.regions == ["eu"] && filter.data == ["phi"])
    #expect(filter.maxPrice == Settings.PriceCeiling(input: 4_000_000, output: 4_000_000))
    #expect(rule.parameters["temperature"]?.text == "0.20" && rule.parameters.count == 2)
    #expect(
      Set(rule.condition.parts) == [
        .dataClass([TextPattern("phi"), TextPattern("pii")]), .text(.userTier, [TextPattern("g*")]),
        .text(.header("x-kind"), [TextPattern("a")]), .text(.metadata("project"), [TextPattern("p1")]),
      ])
    #expect(rule.label(at: 3) == "private" && Settings.Rule().label(at: 3) == "rules[3]")
  }

  @Test func conditionsAreCombined() throws {
    let condition = try condition(
      #"{ stream: true, any: [ { team: a }, { all: [ { turns: "> 3" }, { not: { requires_tools: false } } ] } ] }"#
    )
    #expect(
      condition.text
        == "stream: true and any of (team: a) (turns: > 3 and not (requires_tools: false))")
  }

  @Test func comparisonsAreExact() throws {
    for (text, lower, upper) in [
      ("4000", 4_000_000_000, 4_000_000_000), ("\">= 0.5\"", 500_000, .max), ("\"<=0.5\"", .min, 500_000),
      ("\"> 2\"", 2_000_001, .max), ("\"< 2\"", .min, 1_999_999), ("\"== 2\"", 2_000_000, 2_000_000),
    ] as [(String, Int64, Int64)] {
      guard case .number(.load, let ranges)? = try condition("{ load: \(text) }").parts.first else {
        Issue.record("\(text) is no number")
        continue
      }
      #expect(ranges.map(\.lower) == [lower] && ranges.map(\.upper) == [upper], "\(text)")
    }
  }

  @Test func wordsOfComplexityGoByTheThresholds() throws {
    let text =
      Self.priced
      + "routing: { rules: [ { condition: { not: { complexity: medium } }, model: m } ], complexity: { thresholds: [0.1, 0.25] } }\n"
    let range = NumberRange(100_000, 249_999, text: "medium")
    #expect(
      try Fixture.load(text).routing.rules.map(\.condition) == [
        .all([.not(.all([.number(.complexity, [range])]))])
      ])
  }

  @Test func otherSpellingsOfTasksAreThoseTasks() throws {
    let found = try condition("{ task_type: [summarization, code_review, of-our-own] }").parts
    #expect(found == [.text(.taskType, ["summarisation", "review", "of-our-own"].map { TextPattern($0) })])
  }

  @Test func timesOfDayHaveDaysHoursAndAZone() throws {
    for (text, days, start, end, zone) in [
      ("22:00-06:30", 0b111_1111, 1_320, 390, "UTC"), ("sat,sun 00:00-24:00", 0b110_0000, 0, 0, "UTC"),
      ("fri-mon 08:00-18:00 Europe/Berlin", 0b111_0001, 480, 1_080, "Europe/Berlin"),
    ] as [(String, UInt8, Int64, Int64, String)] {
      guard case .time(let times)? = try condition("{ time: \"\(text)\" }").parts.first,
        let time = times.first
      else {
        Issue.record("\(text) is no time")
        continue
      }
      #expect(
        time.days == days && time.start == start && time.end == end && time.zone.name == zone, "\(text)")
    }
    for bad in [
      "8:00-18:00", "08:00", "08:00-25:00", "mon 08:00", "moon 08:00-09:00", "mon-fri 08:00-09:00 UTC x",
    ] {
      let text = "routing: { rules: [ { condition: { time: \"\(bad)\" }, model: m } ] }\n"
      #expect(Fixture.errors(Self.priced + text).map(\.path) == ["routing.rules[0].condition.time"], "\(bad)")
    }
  }

  @Test func aFilterSaysWhatItMisses() throws {
    let settings = try Fixture.load(Self.priced)
    func flaws(_ edit: (inout Settings.DeploymentFilter) -> Void) -> [String?] {
      var filter = Settings.DeploymentFilter()
      edit(&filter)
      return settings.deployments.map { filter.flaw(of: $0) }
    }
    #expect(flaws { _ in } == [nil, nil])
    #expect(flaws { $0.regions = ["eu"] } == [nil, "runs in region 'us'"], "it may run there")
    #expect(flaws { $0.regions = ["us", "eu"] } == [nil, nil])
    #expect(flaws { $0.data = ["phi", "pii"] } == [nil, "may not see data of class 'phi'"])
    #expect(flaws { $0.capabilities = ["tools"] } == [nil, "lacks capability 'tools'"])
    #expect(
      flaws { $0.maxPrice = Settings.PriceCeiling(input: 1_000_000, output: 3_999_999) } == [
        "costs more than max_price", nil,
      ])
    var bare = settings.deployments[0]
    (bare.prices, bare.regions) = ([], [])
    var filter = Settings.DeploymentFilter()
    filter.regions = ["eu"]
    #expect(filter.flaw(of: bare) == "says no region")
    filter.regions = []
    filter.maxPrice = Settings.PriceCeiling(input: 1, output: 1)
    #expect(filter.flaw(of: bare) == "has no price")
  }
}
