import Policy
import Telemetry

/// Load goes where there is room.
extension Worker {
  /// An endpoint of a model, by what all know of its load.
  func choose(
    ofModel model: Int, _ spent: AttemptPlan.Spent, in snapshot: Snapshot, random: inout Chance
  ) -> AttemptPlan.Place? {
    pools.view(ofModel: model, in: snapshot).choose(spent, cluster.sight, random: &random)
  }

  /// Learns how soon an endpoint answered, from an answer that can be sent.
  func learnPace(_ attempt: Attempt, _ snapshot: Snapshot, now: Int64) {
    let pace = snapshot.pace(
      .init(deployment: attempt.step.candidate.deployment, endpoint: attempt.step.endpoint))
    let milliseconds = Double(now - attempt.startedAt) / 1_000_000
    let average = attempt.kind == .events ? pace.firstToken : pace.whole
    average.add(milliseconds, at: now / 1_000_000)
  }
}
