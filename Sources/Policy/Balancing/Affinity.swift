/// Sends what belongs together (a session, a prompt's beginning) to one endpoint, whose cache knows it, as long as that one has room.
///
/// Rendezvous hashing (Thaler and Ravishankar, 1998) says which; bounded loads (Mirrokni, Thorup and Zadimoghaddam, 2018) when not.
package struct Affinity: Sendable {
  /// How far above the pool's mean load the preferred endpoint may be.
  private static let bound = 1.25

  package init() {}

  /// The preferred option's position; nil where it is too busy, or all are out, and the balancer has to choose. `key` is a hash of what belongs
  /// together, `names` one of each option's endpoint: equal on all replicas, whatever positions they have.
  package func choose(_ options: [Balancer.Option], names: [UInt64], key: UInt64, _ sight: Balancer.Sight)
    -> Int?
  {
    guard let preferred = preferred(options, names: names, key: key) else { return nil }
    let weights = options.reduce(0) { $0 + $1.weight }
    let loads = options.reduce(1) { $1.weight > 0 ? $0 + $1.load(sight) : $0 }
    let share = Double(loads) * preferred.weight / weights
    return Double(preferred.load(sight) + 1) <= (Self.bound * share).rounded(.up) ? preferred.position : nil
  }

  /// The option that would have it, busy or not; nil where all are out.
  package func preferred(_ options: [Balancer.Option], names: [UInt64], key: UInt64) -> Balancer.Option? {
    precondition(options.count == names.count, "\(names.count) names of \(options.count) options")
    var best: (option: Balancer.Option, score: Double)?
    for (option, name) in zip(options, names) where option.weight > 0 {
      // −weight / ln u, u from the hash of both: the highest wins, each as often as its weight says.
      let unit = (Double(Self.mixed(key, name) >> 11) + 0.5) * 0x1p-53
      let score = -option.weight / Chance.logarithm(unit)
      if best.map({ score > $0.score }) ?? true { best = (option, score) }
    }
    return best?.option
  }

  /// Of two hashes one.
  private static func mixed(_ one: UInt64, _ other: UInt64) -> UInt64 {
    (one ^ (other &* 0x9E37_79B9_7F4A_7C15)).mixed
  }
}
