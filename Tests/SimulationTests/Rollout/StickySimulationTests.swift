import Coordination
import Policy
import Testing

/// Many sessions by their true hashes: a growing weight moves none back, and each arm has its share. How to see the table: `RolloutRuns`.
@Suite(.timeLimit(.minutes(30)))
struct StickySimulationTests {
  private static let sessions = 1_000 * RolloutRuns.hours

  private static func hash(_ salt: String, _ session: Int) -> UInt64 {
    Array("\(salt)|session-\(session)".utf8).withUnsafeBytes { KeyDigest(of: $0).prefix }
  }

  @Test func growingWeightsMoveNobodyBackAndSharesAreRight() throws {
    let steps = try [1, 2, 5, 10, 25, 50].map { try #require(Weight(percent: "\($0)")) }
    for salt in ["chat@12", "chat@13"] {
      var joined = Array(repeating: Int64(0), count: steps.count)
      for session in 0..<Self.sessions {
        let hash = Self.hash(salt, session)
        var isCanary = false
        for (step, weight) in steps.enumerated() {
          let arm = StickyArm(hash: hash, weight: weight)
          if isCanary, arm == .baseline {
            Issue.record("session \(session) goes back at \(weight) %")
            return
          }
          if arm == .canary, !isCanary { joined[step] += 1 }
          isCanary = arm == .canary
        }
      }
      try check(joined, steps, salt)
    }
  }

  /// Those who join at each step, and those who never do.
  private func check(_ joined: [Int64], _ steps: [Weight], _ salt: String) throws {
    let counts = joined + [Int64(Self.sessions) - joined.reduce(0, +)]
    let edges = [0] + steps.map(\.fraction) + [1]
    let probability = ChiSquare.probability(counts, shares: zip(edges.dropFirst(), edges).map { $0 - $1 })
    #expect(probability > 1e-4, "\(counts)")
    var (sum, shares) = (Int64(0), [String]())
    for (step, weight) in steps.enumerated() {
      sum += joined[step]
      shares.append("\(weight) %: \((Double(sum) / Double(Self.sessions) * 100).formatted(3))")
    }
    print(
      "\(Self.sessions) sessions of \(salt): \(shares.joined(separator: ", ")); χ² p = \(probability.formatted(3))"
    )
  }

  /// Two layers are dealt independently, and a candidate meets other sessions than the last one.
  @Test func saltsAreIndependent() throws {
    let arms = try #require(ExperimentArms(["40", "40", "20"].compactMap { Weight(percent: $0) }))
    var counts = Array(repeating: Int64(0), count: 9)
    for session in 0..<Self.sessions {
      let one = try #require(arms.arm(hash: Self.hash("layer-1", session)))
      let other = try #require(arms.arm(hash: Self.hash("layer-2", session)))
      counts[one * 3 + other] += 1
    }
    let shares = [0.16, 0.16, 0.08, 0.16, 0.16, 0.08, 0.08, 0.08, 0.04]
    #expect(ChiSquare.probability(counts, shares: shares) > 1e-4, "\(counts)")
  }
}
