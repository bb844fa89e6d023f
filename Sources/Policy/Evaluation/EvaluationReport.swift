/// What came of a suite, of a version and of what served beside it: kept with the version.
package struct EvaluationReport: Equatable, Sendable {
  package struct Score: Equatable, Sendable {
    /// Runs of cases that were as they had to be, of all.
    package var passed: Int
    package var runs: Int
    /// Milliseconds.
    package var latency95: Int

    package init(passed: Int, runs: Int, latency95: Int) {
      (self.passed, self.runs, self.latency95) = (passed, runs, latency95)
    }
  }

  package var suite: ContentDigest
  package var cases: Int
  /// What it was compared with; 0: the model's own deployments.
  package var baseline: Int
  package var candidateScore: Score
  package var baselineScore: Score
  /// What it does worse; nothing where it passes.
  package var flaws: [String]
  /// Milliseconds since 1970.
  package var at: Int64
  package var by: String

  package init(
    suite: ContentDigest, cases: Int, baseline: Int, candidateScore: Score, baselineScore: Score,
    flaws: [String], at: Int64, by: String
  ) {
    (self.suite, self.cases, self.baseline) = (suite, cases, baseline)
    (self.candidateScore, self.baselineScore) = (candidateScore, baselineScore)
    (self.flaws, self.at, self.by) = (flaws, at, by)
  }

  package var passes: Bool { flaws.isEmpty }

  /// Flaws that are kept; there may be more.
  package static let mostFlaws = 20
}

// MARK: One line of JSON

extension EvaluationReport {
  /// `{"at":1795290242389,"baseline":{"p95_ms":790,"passed":58,"runs":60,"version":11},"by":"ann@x","candidate":{…},"cases":20,…}`
  package var line: String {
    var old = Self.members(baselineScore)
    old.append(.init("version", .int(Int64(baseline))))
    return JSONLiteral.object([
      .init("suite", .string(suite.text)), .init("cases", .int(Int64(cases))),
      .init("candidate", .object(Self.members(candidateScore))), .init("baseline", .object(old)),
      .init("flaws", .array(flaws.map { .string($0) })), .init("at", .int(at)), .init("by", .string(by)),
      .init("passes", .bool(passes)),
    ]).text
  }

  private static func members(_ score: Score) -> [JSONLiteral.Member] {
    [
      .init("passed", .int(Int64(score.passed))), .init("runs", .int(Int64(score.runs))),
      .init("p95_ms", .int(Int64(score.latency95))),
    ]
  }

  /// Reads a `line`; what a later release wrote besides is passed over. Nil where it is none.
  package init?(line: String) {
    guard let value = try? JSONLiteral(text: line), let suite = value.text("suite"),
      let digest = ContentDigest(text: suite), let cases = value.int("cases"),
      let new = value[member: "candidate"], let candidateScore = Score(new),
      let old = value[member: "baseline"], let baselineScore = Score(old), let baseline = old.int("version"),
      case .array(let flaws)? = value[member: "flaws"], let at = value.int("at"), let by = value.text("by"),
      case .bool(let passes)? = value[member: "passes"]
    else { return nil }
    let texts = flaws.compactMap { if case .string(let text) = $0 { text } else { nil } }
    guard texts.count == flaws.count, passes == texts.isEmpty else { return nil }
    self.init(
      suite: digest, cases: cases, baseline: baseline, candidateScore: candidateScore,
      baselineScore: baselineScore, flaws: texts, at: Int64(at), by: by)
  }
}

extension EvaluationReport.Score {
  fileprivate init?(_ value: JSONLiteral) {
    guard let passed = value.int("passed"), let runs = value.int("runs"), let latency = value.int("p95_ms")
    else { return nil }
    self.init(passed: passed, runs: runs, latency95: latency)
  }
}

extension JSONLiteral {
  fileprivate static func int(_ number: Int64) -> JSONLiteral {
    JSONNumber("\(number)").map(JSONLiteral.number) ?? .null
  }

  fileprivate func int(_ name: String) -> Int? {
    guard case .number(let number)? = self[member: name], let int = number.int, int >= 0 else { return nil }
    return int
  }

  fileprivate func text(_ name: String) -> String? {
    if case .string(let text)? = self[member: name] { text } else { nil }
  }
}
