import Policy
import Settings
import Testing

@testable import Gateway

struct SyntheticTrafficTests {
  private func lines(seed: UInt64 = 1, _ change: (inout SyntheticTraffic) -> Void = { _ in }) -> [String] {
    let kinds = SyntheticTraffic.Kind.all
    var traffic = SyntheticTraffic(mix: [(kinds[0], 3), (kinds[1], 1)], rate: 100, seconds: 60, seed: seed)
    change(&traffic)
    var lines: [String] = []
    while let line = traffic.next() { lines.append(line) }
    return lines
  }

  @Test func theSameSeedMakesTheSameLines() {
    #expect(lines() == lines())
    #expect(lines() != lines(seed: 2))
  }

  @Test func arrivalsAndKindsComeAsOftenAsIsAsked() {
    let lines = lines()
    // Four deviations of a Poisson process, and of a draw.
    #expect(abs(lines.count - 6_000) < 310)
    let code = lines.filter { $0.contains(#""kind":"code""#) }.count
    #expect(abs(Double(code) / Double(lines.count) - 0.25) < 0.025)
  }

  @Test func burstsAreSoManyTimesTheRate() {
    var bursts = 0
    let lines = lines { $0.bursts = .init(every: 30, length: 3, factor: 5) }
    for line in lines {
      let text = line.dropFirst(6).prefix { $0 != "," }
      if let at = Double(text), at.truncatingRemainder(dividingBy: 30) < 3 { bursts += 1 }
    }
    #expect(abs(bursts - 3_000) < 220)
    #expect(abs(lines.count - bursts - 5_400) < 300)
  }

  @Test func everyLineCanBePlayed() async throws {
    let lines = lines {
      ($0.keys, $0.models, $0.start) = (["a \"key\"", "b"], ["chat", "both"], 1_790_000_000)
    }
    let report = await ReplayUnderTest.report(lines, by: try ReplayUnderTest.settings())
    #expect(report.summary.faults == 0 && report.summary.late == 0 && report.summary.undated == 0)
    #expect(report.outcome.total.requests == lines.count && report.outcome.total.estimated == 0)
    #expect(report.outcome.models.map(\.name) == ["chat", "both"])
  }
}
