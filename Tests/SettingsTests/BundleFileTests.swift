import Foundation
import Policy
import Settings
import Testing

/// Versions in files of their own, and what people ask for in a body.
struct BundleFileTests {
  private func settings() throws -> Settings { try Fixture.load(LoadTests.minimal()) }

  private func refined(_ text: String) throws -> [Policy.Bundle] {
    try BundleFile.parse(text).refined(by: try settings()) { [UInt8](repeating: UInt8($0.count), count: 32) }
      .map { $0.bundle }
  }

  @Test(arguments: [
    "model: m\nversion: 4\ndeployment: d\nparameters: { seed: 7 }\n",
    #"{"model": "m", "version": 4, "deployment": "d", "parameters": {"seed": 7}}"#,
    "bundles: { m: [ { version: 4, deployment: d, parameters: { seed: 7 } } ] }",
  ])
  func oneVersionStandsByItselfOrBelowItsModel(text: String) throws {
    let bundle = try #require(try refined(text).first)
    #expect(
      bundle.line
        == #"{"deployment":"d","model":"m","parameters":{"seed":7},"provider_model":"x","version":4}"#)
  }

  @Test func whatIsExportedIsReadAgain() throws {
    let prompt = "a: \"b\" # c\n\n ${X} $${Y} \u{2028} é\u{7}\r\n"
    let bundles = [
      try Policy.Bundle(
        model: "m", version: 5, deployment: "d", providerModel: "x",
        prompt: .init(
          template: prompt,
          sha256: try #require(ContentDigest(bytes: [UInt8](repeating: UInt8(prompt.utf8.count), count: 32)))),
        parameters: ["stop": try JSONLiteral(text: #"["1",1,-1,1e+5,"true",true,null,"${Z}"]"#)],
        metadata: ["note": "x: ${X}", "owner": "007"]),
      try Policy.Bundle(
        model: "m", version: 4, deployment: "d", providerModel: "x",
        prompt: .init(sha256: try #require(ContentDigest(text: String(repeating: "0a", count: 32)))),
        tools: ContentDigest(text: String(repeating: "0b", count: 32))),
    ]
    let text = BundleFile(bundles).text
    #expect(try refined(text) == bundles, "\(text)")
  }

  /// Unlike those of the configuration, which are compared with the one before.
  @Test func versionsOfAFileNeedNotFollowOneAnother() throws {
    let text = """
      bundles:
        m:
          - { version: 1, deployment: d }
          - { version: 2, deployment: d, parameters: { seed: 1 }, prompt: { template: a } }
      """
    #expect(try refined(text).map(\.version) == [1, 2])
    #expect(throws: SettingsErrors.self) { try Fixture.load(LoadTests.minimal() + text + "\n") }
  }

  @Test(arguments: [
    ("model: m\nversion: 4\n", "deployment"),
    ("model: m\nversion: 4\ndeployment: e\n", "'e' is not in the configuration"),
    ("model: n\nversion: 4\ndeployment: d\n", "'n' is not in the configuration"),
    ("model: m\nversion: 0\ndeployment: d\n", "version"),
    ("model: m\nversion: 4\ndeployment: d\ncolour: blue\n", "colour"),
    ("model: m\nversion: 4\ndeployment: d\nprompt: { template_file: p.txt }\n", "p.txt"),
    ("model: m\nversion: 4\ndeployment: d\nprompt: { template: '${HOME}' }\n", "HOME"),
    ("bundles: { m: [ { version: 1, deployment: d }, { version: 1, deployment: d } ] }", "twice"),
    ("{}", "bundles"), ("bundles: [\n", "body"), ("", "body"),
  ])
  func whatIsNoneSaysWhy(text: String, reason: String) throws {
    let error = #expect(throws: (any Error).self) { try refined(text) }
    #expect(error.map { "\($0)".contains(reason) } == true, "\(String(describing: error))")
  }

  @Test func promptsMayStandBesideTheFile() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bundle-file-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try "Be kind.\n".write(to: folder.appending(path: "p.txt"), atomically: true, encoding: .utf8)
    let text = "model: m\nversion: 4\ndeployment: d\nprompt: { template_file: p.txt }\n"
    let file = try BundleFile.parse(text, at: folder.appending(path: "v.yaml").path)
    guard case .template("Be kind.\n", _)? = file.bundles.first?.prompt else {
      Issue.record("the prompt is \(String(describing: file.bundles.first?.prompt))")
      return
    }
  }

  @Test func whatIsTooLargeIsToldBeforeItIsRegistered() throws {
    let prompt = String(repeating: #"\u0001"#, count: 200 << 10)
    let text = "model: m\nversion: 4\ndeployment: d\nprompt: { template: \"\(prompt)\" }\n"
    let error = #expect(throws: SettingsErrors.self) { try BundleFile.parse(text) }
    #expect(error?.description.contains("is longer than 1 MiB") == true, "\(String(describing: error))")
  }

  // MARK: Wishes

  @Test func aWishIsReadFromABody() throws {
    let order = try RolloutOrder.parse(
      #"{"version": 12, "by": "ann", "expect": 17, "reason": "why not", "force": true, "shadow": false}"#)
    let ask = order.ask(.promote, "m", version: 12, by: "ann")
    #expect(ask.text == "promote model=m version=12 by=ann expect=17 force=1 shadow=0 reason=why%20not")
    #expect(try RolloutOrder.parse(" \n") == RolloutOrder())
    #expect(RolloutOrder().ask(.pause, "m", version: 1, by: "x").text == "pause model=m version=1 by=x")
    #expect(throws: SettingsErrors.self) { try RolloutOrder.parse("{ colour: blue }") }
    #expect(throws: SettingsErrors.self) { try RolloutOrder.parse("{ version: 0 }") }
  }

  // MARK: Rules

  @Test func theSectionBecomesRules() throws {
    let text = """
      rollout:
        { steps: [1, 12.5], min_requests: 20, min_time: 5s, traffic_hour: 60s, max_time: 2m, bake_time: 1s,
          error_ratio: 2, latency_ratio: 1.125, cost_ratio: 1, lease: 300ms, sunset: 1d }
      """
    let rollout = try Fixture.load(LoadTests.minimal() + text + "\n").rollout
    var rules = RolloutRules()
    rules.steps = [100, 1_250].compactMap { Weight(hundredths: $0) }
    (rules.minRequests, rules.minTime, rules.minTimeOfLarge, rules.maxTime) = (20, 5_000, 60_000, 120_000)
    (rules.bakeTime, rules.sunset) = (1_000, 86_400_000)
    (rules.errorRatio, rules.latencyRatio, rules.costRatio) = (2, 1.125, 1)
    #expect(rollout.rules == rules && rollout.term == 300)
    #expect(!rollout.rules.shadows && RolloutRules().steps == Settings.Rollout().rules.steps)
  }
}
