import Policy

/// Which version an exchange is for, of a model about whose versions something was decided.
struct Arm: Sendable, Equatable {
  enum Kind: String, Sendable { case baseline, canary, pinned, experiment }

  var kind: Kind
  /// In the routing table.
  var position: Int
  /// The candidate that it is evidence about; nil where there is none, or for who chose a version.
  var candidate: Int?
  /// What of its unit (session, user, request) is left behind hashing.
  var unit: UInt64 = 0
  /// The candidate gets copies, and serves nobody.
  var isShadowed = false
  /// Where a copy of it goes: in the routing table.
  var mirror: Int?
}

extension VersionTable {
  /// The arm of an exchange that pins nothing; nil where nothing was decided about the model. `hash` is asked where there is a candidate,
  /// with its salt.
  func arm(_ route: Int, now: @autoclosure () -> Int64, hash: ([UInt8]) -> UInt64) -> Arm? {
    guard let model = models[route] else { return nil }
    let baseline = model.active ?? route
    guard let candidate = model.candidate else { return Arm(kind: .baseline, position: baseline) }
    let unit = hash(candidate.salt)
    if candidate.phase == .shadow {
      let isMirrored = StickyArm(hash: unit, weight: copies(of: candidate, now: now()).share) == .canary
      return Arm(
        kind: .baseline, position: baseline, candidate: candidate.version, unit: unit, isShadowed: true,
        mirror: isMirrored ? candidate.position : nil)
    }
    let arm = StickyArm(hash: unit, weight: candidate.weight)
    let isCanary = arm == .canary && candidate.gate.isOpen && lease.isFresh(now: now())
    return Arm(
      kind: isCanary ? .canary : .baseline, position: isCanary ? candidate.position : baseline,
      candidate: candidate.version, unit: unit)
  }

  /// The arm of an exchange that asks for a version; nil where there is none that it may have. `now`: milliseconds since 1970.
  func arm(_ route: Int, pin: VersionPin, _ right: PinRight = .served, now: Int64) -> Arm? {
    let served = pin.version(of: pinnable(route, now: now), active: models[route]?.state.active)
    guard let version = served ?? (right == .all ? unserved(pin, route) : nil) else { return nil }
    return position(of: version, route: route).map { Arm(kind: .pinned, position: $0) }
  }

  /// The version that is not served yet, where it is asked for by its number: a range means those that are.
  private func unserved(_ pin: VersionPin, _ route: Int) -> Int? {
    guard let number = pin.number, let place = position(of: number, route: route),
      let entry = entry(at: place)
    else { return nil }
    switch entry.stage {
    case .staging: return number
    case .shadow, .canary: return models[route]?.candidate?.gate.isOpen == true ? number : nil
    case .active, .deprecated, .rolledBack: return nil
    }
  }

  /// Versions that may be asked for by number.
  func pinnable(_ route: Int, now: Int64) -> [Int] {
    entries.filter { $0.route == route && $0.isPinnable(now: now) }.map(\.version).sorted()
  }

  /// What a candidate is given here at this moment, and why it is less than was decided.
  func exposure(of candidate: Candidate, now: Int64) -> (weight: Weight, why: String?) {
    guard candidate.phase == .canary, candidate.weight > .zero else { return (.zero, nil) }
    if !candidate.gate.isOpen { return (.zero, "it is vetoed") }
    if !lease.isFresh(now: now) { return (.zero, "no leader was heard of for 30 s") }
    return (candidate.weight, nil)
  }

  /// Of how many sessions a candidate gets copies here at this moment, and why of less than was decided.
  func copies(of candidate: Candidate, now: @autoclosure () -> Int64) -> (share: Weight, why: String?) {
    guard candidate.phase == .shadow, candidate.weight > .zero else { return (.zero, nil) }
    if !candidate.gate.isOpen { return (.zero, "it is vetoed") }
    if !lease.isFresh(now: now()) { return (.zero, "no leader was heard of for 30 s") }
    return (candidate.weight, nil)
  }
}
