import Testing

@testable import Policy

/// What was learned against plain arithmetic.
struct ChoiceModelTests {
  private static let size = ChoiceFeatures.count

  private func features(_ chance: inout Chance) -> ChoiceFeatures {
    var values = SIMD32<Float>.zero
    values[0] = 1
    for place in 1..<Self.size { values[place] = chance.below(3) == 0 ? Float(chance.unit()) * 2 - 1 : 0 }
    return ChoiceFeatures(values: values)
  }

  @Test func theInverseIsOne() {
    var (sums, chance) = (ChoiceSums(arms: 1), Chance(seed: 7))
    var matrix = [[Double]](repeating: [Double](repeating: 0, count: Self.size), count: Self.size)
    for place in 0..<Self.size { matrix[place][place] = 1 }
    for _ in 0..<200 {
      let features = features(&chance)
      sums.add(0.5, of: 0, for: features)
      for row in 0..<Self.size {
        for column in 0..<Self.size {
          matrix[row][column] += Double(features.values[row]) * Double(features.values[column])
        }
      }
    }
    let inverse = RidgeFit(gram: sums.gram(of: 0), response: sums.response(of: 0)).inverse
    for row in 0..<Self.size {
      for column in 0..<Self.size {
        let product = (0..<Self.size).reduce(0) { $0 + matrix[row][$1] * Double(inverse[$1][column]) }
        #expect(abs(product - (row == column ? 1 : 0)) < 1e-4, "\(row) \(column)")
      }
    }
  }

  @Test func whatIsLinearIsLearned() {
    var (sums, chance) = (ChoiceSums(arms: 2), Chance(seed: 8))
    func truth(_ arm: Int, _ x: SIMD32<Float>) -> Double {
      arm == 0 ? 0.4 + 0.3 * Double(x[4]) : 0.6 - 0.2 * Double(x[9])
    }
    for _ in 0..<3_000 {
      let (arm, features) = (chance.below(2), features(&chance))
      sums.add(truth(arm, features.values), of: arm, for: features)
    }
    let model = ChoiceModel(sums)
    #expect(model.isWarm)
    for _ in 0..<50 {
      let features = features(&chance)
      for arm in 0..<2 {
        #expect(abs(model.worth(of: arm, for: features) - truth(arm, features.values)) < 0.02)
      }
      let best = truth(0, features.values) > truth(1, features.values) ? 0 : 1
      let isClear = abs(truth(0, features.values) - truth(1, features.values)) > 0.1
      if isClear { #expect(model.best(for: features, weights: SIMD8(repeating: 1)) == best) }
    }
  }

  /// What is little known may be worth more, and less so the better it is known.
  @Test func doubtShrinks() {
    var (sums, chance) = (ChoiceSums(arms: 2), Chance(seed: 9))
    let features = features(&chance)
    var widths: [Double] = []
    for _ in 0..<5 {
      let model = ChoiceModel(sums)
      widths.append(model.bound(of: 0, for: features) - model.worth(of: 0, for: features))
      for _ in 0..<20 { sums.add(0.5, of: 0, for: features) }
    }
    #expect(widths == widths.sorted(by: >) && widths[4] < widths[0] / 5)
    let model = ChoiceModel(sums)
    #expect(model.best(for: features, weights: SIMD8(repeating: 1)) == 1, "nothing is known of the other")
    #expect(model.best(for: features, weights: SIMD8(1, 0, 0, 0, 0, 0, 0, 0)) == 0)
    #expect(model.best(for: features, weights: .zero) == nil)
    #expect(!model.isWarm)
  }

  @Test func sumsAddUpAndFade() {
    var chance = Chance(seed: 10)
    var (one, other, both) = (ChoiceSums(arms: 3), ChoiceSums(arms: 3), ChoiceSums(arms: 3))
    for turn in 0..<60 {
      let (arm, features, reward) = (chance.below(3), features(&chance), chance.unit())
      if turn % 2 == 0 {
        one.add(reward, of: arm, for: features)
      } else {
        other.add(reward, of: arm, for: features)
      }
      both.add(reward, of: arm, for: features)
    }
    one += other
    #expect(one.samples == 60)
    for arm in 0..<3 {
      #expect(one.count(of: arm) == both.count(of: arm))
      #expect(abs((one.reward(of: arm) ?? 0) - (both.reward(of: arm) ?? 1)) < 1e-12)
    }
    #expect(ChoiceSums(text: one.text, arms: 3)?.samples == 60)
    #expect(ChoiceSums(text: one.text, arms: 2) == nil && ChoiceSums(text: "1 2", arms: 3) == nil)
    one.fade(by: 0.5)
    #expect(one.samples == 30)
    #expect(abs((one.reward(of: 0) ?? 0) - (both.reward(of: 0) ?? 1)) < 1e-12)
  }

  /// A text that holds no finite number is nobody's.
  @Test(arguments: ["nan", "inf", "-inf", "x"])
  func foreignNumbersAreNotRead(word: String) {
    var words = ChoiceSums(arms: 1).text.split(separator: " ").map(String.init)
    #expect(ChoiceSums(text: words.joined(separator: " "), arms: 1) == ChoiceSums(arms: 1))
    words[5] = word
    #expect(ChoiceSums(text: words.joined(separator: " "), arms: 1) == nil)
  }
}
