import Policy

/// A model's pool as one worker sees it, with room for the options of a choice: nothing is allocated for one. Confined to the
/// worker's loop.
final class PoolView {
  let pool: ModelPool
  private var options: [Balancer.Option]
  private var isUsed = false

  init(_ pool: ModelPool) {
    self.pool = pool
    options = pool.members.enumerated().map { index, member in
      Balancer.Option(position: index, weight: member.weight, own: 0)
    }
  }

  /// Where the next attempt goes; nil where `spent` leaves nothing.
  func choose(_ spent: AttemptPlan.Spent, _ sight: Balancer.Sight, random: inout Chance)
    -> AttemptPlan.Place?
  {
    isUsed = true
    let members = pool.members
    if members.count == 1 { return spent.contains(members[0].place) ? nil : members[0].place }
    fill(spent, sight)
    return Balancer().choose(options, sight, random: &random).map { members[$0].place }
  }

  private func fill(_ spent: AttemptPlan.Spent, _ sight: Balancer.Sight) {
    let members = pool.members
    let isFresh = spent.isEmpty
    options.withUnsafeMutableBufferPointer { options in
      for index in members.indices {
        let endpoint = members[index].endpoint
        options[index].own = endpoint.inFlight
        options[index].others = endpoint.others
        options[index].weight =
          isFresh || !spent.contains(members[index].place) ? members[index].weight : 0
      }
    }
  }

  /// Ten times a second: how slow each is, where that was asked for since. `now`: monotonic milliseconds.
  func tick(_ now: Int64, _ sight: Balancer.Sight) {
    guard isUsed, pool.members.count > 1 else { return }
    isUsed = false
    let slowness = Balancer.slowness(
      pool.members.enumerated().map { ($1.pace.firstToken.value(at: now), options[$0].load(sight)) })
    for (index, value) in slowness.enumerated() { options[index].slowness = value }
  }
}

/// The pools of the configuration in force, as one worker sees them.
final class PoolViews {
  private var epoch = 0
  private var views: [PoolView] = []

  /// Exchanges that began under a former configuration keep its pools, seen anew.
  func view(ofModel model: Int, in snapshot: Snapshot) -> PoolView {
    if snapshot.epoch < epoch { return PoolView(snapshot.pools[model]) }
    if snapshot.epoch > epoch {
      epoch = snapshot.epoch
      views = snapshot.pools.map(PoolView.init)
    }
    return views[model]
  }

  func tick(_ now: Int64, _ sight: Balancer.Sight) {
    for view in views { view.tick(now, sight) }
  }
}
