import Policy
import Settings
import Testing

@testable import Gateway

struct ReplayTests {
  private func report(_ lines: [String], _ more: String = ReplayUnderTest.rules) async throws -> ReplayReport
  {
    await ReplayUnderTest.report(lines, by: try ReplayUnderTest.settings(more))
  }

  @Test func requestsAreRoutedByRulesAndPaidByTheirTokens() async throws {
    let report = try await report([
      #"{"model":"chat","input_tokens":100,"output_tokens":50}"#,
      #"{"model":"chat","input_tokens":5000,"output_tokens":10}"#,
      #"{"body":{"model":"chat","messages":[{"role":"user","content":"hi"}]},"usage":{"prompt_tokens":10,"completion_tokens":5}}"#,
      #"{"model":"own","input_tokens":7,"output_tokens":8}"#,
    ])
    let outcome = report.outcome
    #expect(outcome.models.map(\.name) == ["chat", "big", "own"])
    #expect(outcome.models.map(\.tally.microdollars) == [200 + 20, 502_000, 0])
    #expect(outcome.deployments.map(\.name) == ["small", "large", "own"])
    #expect(outcome.total.requests == 4 && outcome.total.microdollars == 502_220)
    #expect(outcome.total.inputTokens == 5_117 && outcome.total.outputTokens == 73)
    #expect(outcome.total.unpriced == 1 && outcome.total.estimated == 0)
    #expect(
      outcome.rules.map(\.name) == ["huge", "day", "none"] && outcome.rules.map(\.requests) == [1, 0, 3])
    #expect(report.summary.undated == 4)
  }

  @Test func whatALineDoesNotTellIsEstimated() async throws {
    let report = try await report([
      #"{"model":"chat","input_tokens":100}"#,
      #"{"body":{"model":"chat","max_tokens":30,"messages":[{"role":"user","content":"hi"}]}}"#,
    ])
    #expect(report.outcome.total.estimated == 2)
    #expect(report.outcome.total.outputTokens == 1_024 + 30)
  }

  @Test func aBodyAndItsSizesGoTheSameWay() async throws {
    let text = String(repeating: "a", count: 4 * 4_000)
    let both = try await report([
      #"{"body":{"model":"chat","messages":[{"role":"user","content":"\#(text)"}]},"output_tokens":1}"#,
      #"{"model":"chat","input_tokens":4001,"output_tokens":1}"#,
    ])
    #expect(both.outcome.models.map(\.name) == ["big"])
    #expect(both.outcome.total.inputTokens == 8_002)
  }

  @Test func rulesGoByTheTimeOfTheLine() async throws {
    let line = { (at: Int) in
      #"{"at":\#(at),"model":"chat","input_tokens":1,"output_tokens":1,"task_type":"code"}"#
    }
    let report = try await report([line(3 * 3_600), line(10 * 3_600), line(20 * 3_600)])
    #expect(report.outcome.rules.map(\.requests) == [0, 1, 2])
  }

  @Test func thoughtIsPaidByItsOwnPrice() async throws {
    let settings = try GatewayTests.settings(
      """
      server: { host: 127.0.0.1 }
      providers: { lab: { dialect: openai, base_url: "http://a:1/v1" } }
      deployments: { one: { provider: lab, model: o, price: { input: 1, output: 2, reasoning: 10 } } }
      models: { chat: { deployments: [one] } }
      """)
    let lines = [
      #"{"model":"chat","input_tokens":100,"output_tokens":50,"reasoning_tokens":40}"#,
      #"{"body":{"model":"chat","messages":[{"role":"user","content":"hi"}]},"usage":{"input_tokens":9,"output_tokens":5,"output_tokens_details":{"reasoning_tokens":5}}}"#,
    ]
    let report = await ReplayUnderTest.report(lines, by: settings)
    #expect(report.outcome.total.microdollars == (100 + 10 * 2 + 40 * 10) + (9 + 5 * 10))
  }

  @Test func theCheapestIsTheCheapestOfTheLinesDay() async throws {
    let settings = try GatewayTests.settings(
      """
      server: { host: 127.0.0.1 }
      providers: { lab: { dialect: openai, base_url: "http://a:1/v1" } }
      deployments:
        steady: { provider: lab, model: s, price: { input: 5, output: 5 } }
        falling:
          provider: lab
          model: f
          price: [ { input: 9, output: 9, until: 2026-03-01 }, { input: 1, output: 1, from: 2026-03-01 } ]
      models: { chat: { deployments: [steady, falling], balance: cost } }
      """)
    let line = { (at: Int) in #"{"at":\#(at),"model":"chat","input_tokens":1,"output_tokens":0}"# }
    let day = 1_772_323_200  // 2026-03-01
    let report = await ReplayUnderTest.report([line(day - 1), line(day), line(day + 1)], by: settings)
    #expect(report.outcome.deployments.map(\.name) == ["steady", "falling"])
    #expect(report.outcome.deployments.map(\.tally.microdollars) == [5, 2])
  }

  @Test func refusedRequestsAreCountedByTheirErrors() async throws {
    let report = try await report([
      #"{"model":"nothing","input_tokens":1}"#, #"{"model":"nothing","input_tokens":1}"#,
      #"{"body":{"model":"chat"}}"#,
      #"{"model":"chat","input_tokens":1000,"output_tokens":1,"headers":{"x-max-cost-usd":"0.0001"}}"#,
    ])
    #expect(report.outcome.refused.first?.code == "model_not_found")
    #expect(report.outcome.refused.first?.requests == 2)
    #expect(report.outcome.refused.map(\.code).contains("max_cost_exceeded"))
    #expect(report.outcome.total.requests == 0 && report.summary.requests == 4)
  }

  @Test(arguments: [1, 2, 100])
  func badLinesAreToldByTheirNumbers(size: Int) async throws {
    var lines = ["", "{", #"{"model":"chat","input_tokens":1}"#, "   "]
    lines += [String](repeating: #"{"colour":1}"#, count: 12)
    let report = await ReplayUnderTest.report(lines, by: try ReplayUnderTest.settings(), inChunksOf: size)
    #expect(report.summary.lines == 16 && report.summary.requests == 1 && report.summary.faults == 13)
    #expect(report.summary.firstFaults.map(\.line) == [2] + (5...13))
  }

  @Test func whoAsksHasToBeKnown() async throws {
    let settings = try ReplayUnderTest.settings(ReplayUnderTest.tenants(""))
    let lines = [
      #"{"key":"ci","input_tokens":1,"model":"chat"}"#, #"{"key":"nobody","input_tokens":1}"#,
      #"{"tenant":"none","input_tokens":1}"#, #"{"input_tokens":1,"model":"chat"}"#,
    ]
    let report = await ReplayUnderTest.report(lines, by: settings)
    #expect(report.summary.firstFaults.map(\.line) == [2, 3, 4])
    let usual = await ReplayUnderTest.report(lines, by: settings, key: "free")
    #expect(usual.summary.firstFaults.map(\.line) == [2, 3])
  }

  @Test func latencyIsWhatIsKnownOfADeployment() async throws {
    let lines = [
      #"{"model":"chat","input_tokens":1,"output_tokens":11,"deployment":"large","took_ms":7}"#,
      #"{"model":"big","input_tokens":1,"output_tokens":1,"deployment":"large","took_ms":9}"#,
      #"{"model":"own","input_tokens":1,"output_tokens":1}"#,
    ]
    let report = await ReplayUnderTest.report(
      lines, by: try ReplayUnderTest.settings(), paces: ["small": .init(first: 200, perToken: 12)])
    #expect(report.outcome.deployments.map(\.tally.meanMilliseconds) == [320, 9, nil])
  }

  // MARK: Two configurations

  @Test func whatGoesElsewhereIsCountedWithItsCost() async throws {
    let lines = [
      #"{"model":"chat","input_tokens":5000,"output_tokens":0}"#,
      #"{"model":"chat","input_tokens":6000,"output_tokens":0}"#,
      #"{"model":"chat","input_tokens":10,"output_tokens":0}"#,
      #"{"model":"gone","input_tokens":10,"output_tokens":0}"#,
    ]
    let report = await ReplayUnderTest.report(
      lines, by: try ReplayUnderTest.settings(ReplayUnderTest.rules), against: try ReplayUnderTest.settings())
    #expect(report.changes.count == 1)
    let change = try #require(report.changes.first)
    #expect("\(change.from)" == "chat at small" && "\(change.to)" == "big at large")
    #expect(change.requests == 2 && change.microdollars == 11_000 * 99)
    let against = try #require(report.against)
    #expect(report.outcome.total.microdollars - against.total.microdollars == 11_000 * 99)
  }

  @Test func chanceFallsTheSameInBothForALine() async throws {
    let lines = [String](repeating: #"{"model":"both","input_tokens":1,"output_tokens":0}"#, count: 1_000)
    let settings = try ReplayUnderTest.settings()
    let report = await ReplayUnderTest.report(lines, by: settings, against: settings, inChunksOf: 7)
    #expect(report.changes.isEmpty)
    let shares = report.outcome.deployments.map(\.tally.requests)
    #expect(shares.count == 2 && shares.allSatisfy { (400...600).contains($0) })
    let whole = await ReplayUnderTest.report(lines, by: settings)
    #expect(whole.outcome.deployments.map(\.tally) == report.outcome.deployments.map(\.tally))
  }

  // MARK: Limits

  private func line(_ at: Double?, _ key: String = "ci", input: Int = 1) -> String {
    let time = at.map { #""at":\#($0),"# } ?? ""
    return #"{\#(time)"key":"\#(key)","model":"chat","input_tokens":\#(input),"output_tokens":0}"#
  }

  @Test func limitsGoByTheTimesOfLines() async throws {
    let settings = try ReplayUnderTest.settings(ReplayUnderTest.tenants("{ requests: 2, per: minute }"))
    let report = await ReplayUnderTest.report(
      [line(0), line(1), line(2), line(3, "free"), line(nil), line(40), line(39)], by: settings)
    #expect(report.outcome.limits.map(\.path) == ["tenants.acme.limits[0]"])
    #expect(report.outcome.limits.map(\.hits) == [2] && report.outcome.limits.map(\.refused) == [2])
    #expect(report.outcome.refused.map(\.code) == ["rate_limit_exceeded"])
    #expect(report.outcome.total.requests == 5 && report.summary.late == 1 && report.summary.undated == 1)
  }

  @Test func whatARequestTookStandsInThePlaceOfItsEstimate() async throws {
    // Reserved are 1 + 1,024 tokens, taken is 1.
    let settings = try ReplayUnderTest.settings(ReplayUnderTest.tenants("{ tokens: 1100, per: day }"))
    let report = await ReplayUnderTest.report((0..<50).map { line(Double($0)) }, by: settings)
    #expect(report.outcome.limits.isEmpty && report.outcome.total.requests == 50)
    let budget = try ReplayUnderTest.settings(ReplayUnderTest.tenants("{ dollars: 0.01, per: day }"))
    let spent = await ReplayUnderTest.report(
      [line(0, input: 7_000), line(1, input: 4_000), line(86_400)], by: budget)
    #expect(spent.outcome.refused.map(\.code) == ["budget_exceeded"])
    #expect(spent.outcome.total.requests == 2)
  }

  @Test func aFullDeploymentIsPassedOver() async throws {
    let settings = try ReplayUnderTest.settings(
      ReplayUnderTest.tenants(""), small: ", limits: [ { requests: 1, per: minute } ]",
      chat: ", fallbacks: [big]")
    let report = await ReplayUnderTest.report([line(0), line(1), line(2)], by: settings)
    #expect(report.outcome.models.map(\.name) == ["chat", "big"])
    #expect(report.outcome.models.map(\.tally.requests) == [1, 2])
    #expect(report.outcome.limits.map(\.hits) == [2] && report.outcome.limits.map(\.refused) == [0])
    let alone = try ReplayUnderTest.settings(
      ReplayUnderTest.tenants("{ requests: 2, per: hour }"),
      small: ", limits: [ { requests: 1, per: minute } ]")
    let refused = await ReplayUnderTest.report([line(0), line(1), line(61)], by: alone)
    #expect(refused.outcome.refused.map(\.code) == ["capacity_exceeded"])
    #expect(refused.outcome.total.requests == 2, "what came to nothing is given back")
  }

  @Test func limitsOfTwoDeploymentsAreTwo() async throws {
    let settings = try GatewayTests.settings(
      """
      server: { host: 127.0.0.1 }
      providers: { lab: { dialect: openai, base_url: "http://a:1/v1" } }
      deployments:
        one: { provider: lab, model: a, limits: [ { requests: 1, per: minute } ] }
        two: { provider: lab, model: b, limits: [ { requests: 1, per: minute } ] }
      models: { chat: { deployments: [one], fallbacks: [more] }, more: { deployments: [two] } }
      \(ReplayUnderTest.tenants(""))
      """)
    let report = await ReplayUnderTest.report([line(0), line(1), line(2)], by: settings)
    #expect(
      Set(report.outcome.limits.map(\.path)) == ["deployments.one.limits[0]", "deployments.two.limits[0]"])
    #expect(report.outcome.limits.map(\.hits) == [1, 2] && report.outcome.limits.map(\.refused) == [1, 0])
  }
}
