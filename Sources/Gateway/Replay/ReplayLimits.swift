import Policy

/// The limits of a configuration as traffic meets them: by the rules that the shared state has, over the times that its lines tell.
///
/// How long answers take is not played: what a request reserved is put right at once, and limits of requests at a time are passed over.
struct ReplayLimits {
  private var store = LimitStore()
  private var charges = Charges()
  /// Milliseconds: it never goes back.
  private(set) var now: Int64 = 0
  private var swept: Int64 = 0
  /// Milliseconds between sweeps.
  private static let interval: Int64 = 600_000

  /// False where it lies before what was played already: then it counts as that.
  mutating func advance(to time: Int64) -> Bool {
    guard time >= now else { return false }
    now = time
    if now - swept >= Self.interval {
      store.sweep(now: now)
      swept = now
    }
    return true
  }

  /// Reserves what a request is thought to take. The limit that has no room, where one hasn't: then nothing is taken.
  mutating func admit(_ group: LimitGroup, _ demand: Demand) -> Limit? {
    let limits = group.played
    let reply = store.admit(
      Admission(
        id: Self.id, reservation: group.reservation, owner: "", lifetime: 1,
        charges: charges.charges(limits, demand, now: now)), now: now)
    guard case .refused(let place, _, _) = reply else { return nil }
    return limits[place]
  }

  /// Puts what it took in the place of that.
  mutating func settle(_ group: LimitGroup, _ demand: Demand) {
    _ = store.settle(
      Settling(
        id: Self.id, reservation: group.reservation, charges: charges.charges(group.played, demand, now: now)),
      now: now)
  }

  /// One request at a time is under way.
  private static let id = "replay"
}

extension LimitGroup {
  fileprivate var played: [Limit] { limits.filter { $0.measure != .concurrent } }
  fileprivate var reservation: String { prefix + ":res" }
}
