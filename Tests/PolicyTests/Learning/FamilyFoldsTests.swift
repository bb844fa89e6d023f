import Testing

@testable import Policy

/// What is held out together.
struct FamilyFoldsTests {
  /// Families of 1 to 20 prompts, each of one label.
  private static func items(_ families: Int, seed: UInt64) -> [(family: Int, label: ComplexityLabel)] {
    var chance = Chance(seed: seed)
    var items: [(family: Int, label: ComplexityLabel)] = []
    for family in 0..<families {
      let label = ComplexityLabel.allCases[chance.below(3)]
      for _ in 0...chance.below(20) { items.append((family: family, label: label)) }
    }
    items.mix(&chance)
    return items
  }

  @Test func noFamilyIsInTwoFolds() {
    for seed in 1...50 as ClosedRange<UInt64> {
      let items = Self.items(40, seed: seed)
      let folds = FamilyFolds(items, count: 5, seed: seed).folds
      var places: [Int: Set<Int>] = [:]
      for (item, fold) in zip(items, folds) { places[item.family, default: []].insert(fold) }
      #expect(places.count == 40 && places.values.allSatisfy { $0.count == 1 })
      #expect(Set(folds) == Set(0..<5))
    }
  }

  @Test func foldsHaveAboutAsMuchOfEachLabel() {
    let items = Self.items(90, seed: 7)
    let folds = FamilyFolds(items, count: 5, seed: 1).folds
    for label in ComplexityLabel.allCases {
      let counts = (0..<5).map { fold in zip(items, folds).count { $0.label == label && $1 == fold } }
      // The largest family has 20.
      #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 20)
    }
  }

  @Test func theSeedDecides() {
    let items = Self.items(40, seed: 3)
    #expect(FamilyFolds(items, count: 5, seed: 1) == FamilyFolds(items, count: 5, seed: 1))
    #expect(FamilyFolds(items, count: 5, seed: 1) != FamilyFolds(items, count: 5, seed: 2))
  }
}
