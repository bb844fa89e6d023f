/// Which arm of a rollout a unit (a session, a user) is in: always the same one, without anything being kept.
///
/// Its place u in [0, 1) is a hash of the rollout's salt and the unit, over 2⁶⁴; the canary has those below its weight. A growing weight
/// adds units and moves none back; a shrinking one gives back those that joined last.
package enum StickyArm: Sendable {
  case baseline, canary

  /// `hash`: the first eight bytes of SHA-256(salt | "|" | unit), the first one highest.
  package init(hash: UInt64, weight: Weight) {
    self = Self.place(hash) < weight.hundredths ? .canary : .baseline
  }

  /// ⌊10,000 u⌋, exactly.
  static func place(_ hash: UInt64) -> Int { Int(hash.multipliedFullWidth(by: 10_000).high) }
}

/// The arms of an experiment: consecutive intervals of [0, 1), each with edges that stay where they are.
///
/// What is beyond the last arm takes no part, and arms may be added there.
package struct ExperimentArms: Equatable, Sendable {
  /// The upper edges, in hundredths of a percent.
  private let edges: [Int]

  /// At least two, none of them empty, not more than everybody together; else nil.
  package init?(_ shares: [Weight]) {
    var (edges, edge) = ([Int](), 0)
    for share in shares {
      edge += share.hundredths
      edges.append(edge)
    }
    guard shares.count >= 2, shares.allSatisfy({ $0 > .zero }), edge <= 10_000 else { return nil }
    self.edges = edges
  }

  package var shares: [Weight] {
    zip(edges, [0] + edges).compactMap { Weight(hundredths: $0 - $1) }
  }

  /// The position of a unit's arm; nil where it takes no part. `hash` is as `StickyArm`'s, the salt being the experiment's layer: units
  /// of another layer are dealt independently. `offset`: hundredths of a percent that other experiments of the layer have before it.
  package func arm(hash: UInt64, from offset: Int = 0) -> Int? {
    let place = StickyArm.place(hash) - offset
    return place < 0 ? nil : edges.firstIndex { place < $0 }
  }

  /// Whether no unit leaves its arm if this becomes `next`: arms are added at the end, and the last one may grow.
  package func keepsAll(in next: ExperimentArms) -> Bool {
    guard next.edges.count >= edges.count, next.edges.starts(with: edges.dropLast()) else { return false }
    let (last, now) = (edges[edges.count - 1], next.edges[edges.count - 1])
    return now >= last
  }
}
