import Policy

/// How a version answers, which nobody knows but the world.
struct TriedVersion {
  enum Kind { case good, failing, slow, turning, hopeless }

  let kind: Kind
  /// When one that turns begins to fail, in the world's milliseconds.
  let turnsAt: Int64

  init(_ kind: Kind, turnsAt: Int64 = 0) { (self.kind, self.turnsAt) = (kind, turnsAt) }

  /// What one request comes to.
  struct End {
    var isError: Bool
    /// Milliseconds.
    var latency: Int64
  }

  static let baseline = TriedVersion(.good)

  func fails(now: Int64) -> Bool { kind == .failing || (kind == .turning && now >= turnsAt) }

  /// During an outage, everybody's requests fail.
  func answer(_ world: World, outage: Bool) -> End {
    let fault = kind == .hopeless ? 95 : fails(now: world.now) ? 25 : 0
    let errors = (outage ? 60 : 1) + fault
    let latency = world.between(40, 160)
    return End(isError: world.chance(errors), latency: kind == .slow ? latency * 4 : latency)
  }
}
