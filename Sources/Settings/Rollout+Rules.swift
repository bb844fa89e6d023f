package import Policy

extension Settings.Rollout {
  /// How rollouts are judged, as the section says it.
  package var rules: RolloutRules {
    var rules = RolloutRules()
    rules.steps = steps.compactMap { Weight(hundredths: $0) }
    rules.minRequests = Int64(minRequests)
    rules.minTime = Self.milliseconds(minTime)
    rules.minTimeOfLarge = Self.milliseconds(trafficHour)
    rules.maxTime = Self.milliseconds(maxTime)
    rules.bakeTime = Self.milliseconds(bakeTime)
    rules.sunset = Self.milliseconds(sunset)
    rules.shadowShare = Weight(hundredths: shadow.sample) ?? .zero
    rules.errorRatio = Double(errorRatio) / 1_000_000
    rules.latencyRatio = Double(latencyRatio) / 1_000_000
    rules.costRatio = Double(costRatio) / 1_000_000
    return rules
  }

  /// What versions have to pass; nil: nothing. `sha256` hashes bytes to 32.
  package func wantedGate(sha256: ([UInt8]) -> [UInt8]) -> RolloutGate? {
    guard let gate, gate.isRequired else { return nil }
    return RolloutGate(suite: gate.suite.flatMap { ContentDigest(bytes: sha256(Array($0.text.utf8))) })
  }

  /// How long a leader has the lease, in milliseconds.
  package var term: Int64 { Self.milliseconds(lease) }

  private static func milliseconds(_ time: Duration) -> Int64 {
    time.components.seconds * 1_000 + time.components.attoseconds / 1_000_000_000_000_000
  }
}
