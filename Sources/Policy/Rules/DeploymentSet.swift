/// Which deployments of a routing table may serve, by position.
package struct DeploymentSet: Sendable, Equatable {
  /// The first 64: most tables have no more, and nothing is allocated for those.
  private var first: UInt64 = 0
  private var rest: [UInt64] = []

  package static func all(_ count: Int) -> DeploymentSet { DeploymentSet(count: count) { _ in true } }

  package init(count: Int, where isIn: (Int) -> Bool) {
    if count > 64 { rest = [UInt64](repeating: 0, count: (count - 1) / 64) }
    for position in 0..<count where isIn(position) {
      let bit: UInt64 = 1 << UInt64(position % 64)
      if position < 64 { first |= bit } else { rest[position / 64 - 1] |= bit }
    }
  }

  package func contains(_ position: Int) -> Bool {
    let bit: UInt64 = 1 << UInt64(position % 64)
    if position < 64 { return first & bit != 0 }
    let word = position / 64 - 1
    return word < rest.count && rest[word] & bit != 0
  }

  /// What either leaves out is out; so is what only one of them knows.
  package mutating func formIntersection(_ other: DeploymentSet) {
    first &= other.first
    for word in rest.indices { rest[word] &= word < other.rest.count ? other.rest[word] : 0 }
  }

  package var isEmpty: Bool { first == 0 && rest.allSatisfy { $0 == 0 } }
}
