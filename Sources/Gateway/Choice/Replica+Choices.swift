import Policy
import Telemetry

/// How learned choices stand.
extension Replica {
  func recordChoices(of snapshot: Snapshot, in shard: MetricsShard) {
    for learned in snapshot.pools.compactMap(\.learned) {
      let (name, verdict) = (learned.model.name, learned.desk.standing.verdict)
      for standing in ChoiceVerdict.Standing.allCases {
        let series = registry.series(Catalogue.choiceStanding, name, standing.rawValue)
        shard.set(series, to: standing == verdict.standing ? 1 : 0)
      }
      shard.set(registry.series(Catalogue.choiceEvidence, name), to: Int64(verdict.looks))
      guard verdict.looks > 0 else { continue }
      for (bound, value) in [("lower", verdict.lower), ("mean", verdict.gain), ("upper", verdict.upper)] {
        shard.set(registry.series(Catalogue.choiceGain, name, bound), to: Int64((value * 10_000).rounded()))
      }
    }
  }
}
