/// Parts of a training set, none of which shares a family with another, and each with about as many prompts of a label as any.
struct FamilyFolds: Sendable, Equatable {
  let count: Int
  /// Of each item, its fold.
  let folds: [Int]

  /// Of items by their families' positions and their labels; `count` is at most the number of families.
  init(_ items: [(family: Int, label: ComplexityLabel)], count: Int, seed: UInt64) {
    let families = (items.map(\.family).max() ?? -1) + 1
    var sizes = [[Int]](repeating: [0, 0, 0], count: families)
    for item in items { sizes[item.family][item.label.rank] += 1 }
    var order = Array(0..<families)
    var chance = Chance(seed: seed)
    order.mix(&chance)

    var loads = [[Int]](repeating: [0, 0, 0], count: count)
    var places = [Int](repeating: 0, count: families)
    for family in order {
      let label = sizes[family].indices.max { sizes[family][$0] < sizes[family][$1] } ?? 0
      let place = loads.indices.min {
        (loads[$0][label], loads[$0].reduce(0, +)) < (loads[$1][label], loads[$1].reduce(0, +))
      }
      places[family] = place ?? 0
      for rank in 0..<3 { loads[places[family]][rank] += sizes[family][rank] }
    }
    self.count = count
    folds = items.map { places[$0.family] }
  }
}
