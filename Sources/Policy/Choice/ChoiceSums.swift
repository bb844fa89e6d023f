/// What was seen of a model's deployments, as numbers that add up over workers and replicas.
///
/// Of each arm LinUCB's statistics A − λI = Σxxᵀ and b = Σrx (Li et al., WWW 2010; algorithms §9b), and of all together what off-policy
/// evaluation needs: see `ChoiceEvidence`.
package struct ChoiceSums: Equatable, Sendable {
  package let arms: Int
  private var numbers: [Double]

  // Where an arm's numbers stand: the upper triangle of Σxxᵀ row by row, Σrx, and four more.
  private static let features = ChoiceFeatures.count
  private static let triangle = features * (features + 1) / 2
  private static let count = triangle + features
  private static let reward = count + 1
  private static let lead = count + 2
  private static let leadSquares = count + 3
  private static let stride = count + 4

  // Behind all arms: how many are evidence, Σh and Σh·(what the policy is worth).
  private var looksPlace: Int { arms * Self.stride }
  private var weightPlace: Int { looksPlace + 1 }
  private var worthPlace: Int { looksPlace + 2 }
  private static let more = 3

  package init(arms: Int) {
    precondition((1...ChoiceTerms.mostArms).contains(arms), "\(arms) arms")
    self.arms = arms
    numbers = Array(repeating: 0, count: arms * Self.stride + Self.more)
  }

  /// Of the same arms.
  package static func += (one: inout ChoiceSums, other: ChoiceSums) {
    precondition(one.arms == other.arms, "\(one.arms) arms and \(other.arms)")
    for place in one.numbers.indices { one.numbers[place] += other.numbers[place] }
  }

  // MARK: What was seen

  package func count(of arm: Int) -> Double { numbers[arm * Self.stride + Self.count] }
  package var samples: Double { (0..<arms).reduce(0) { $0 + count(of: $1) } }
  /// The mean over what it was chosen for; nil where that is nothing.
  package func reward(of arm: Int) -> Double? {
    count(of: arm) > 0 ? numbers[arm * Self.stride + Self.reward] / count(of: arm) : nil
  }

  /// Takes what an arm was worth for a request.
  package mutating func add(_ reward: Double, of arm: Int, for features: ChoiceFeatures) {
    let (x, first) = (features.values, arm * Self.stride)
    numbers.withUnsafeMutableBufferPointer { numbers in
      var place = first
      for row in 0..<Self.features {
        let value = Double(x[row])
        guard value != 0 else {
          place += Self.features - row
          continue
        }
        numbers[first + Self.triangle + row] += reward * value
        for column in row..<Self.features {
          numbers[place] += value * Double(x[column])
          place += 1
        }
      }
      numbers[first + Self.count] += 1
      numbers[first + Self.reward] += reward
    }
  }

  /// Old samples count less.
  package mutating func fade(by factor: Double) {
    for arm in 0..<arms {
      for place in 0..<Self.lead { numbers[arm * Self.stride + place] *= factor }
    }
  }

  /// Σxxᵀ of an arm, row by row from the diagonal on.
  func gram(of arm: Int) -> ArraySlice<Double> {
    numbers[arm * Self.stride..<arm * Self.stride + Self.triangle]
  }

  /// Σrx of an arm.
  func response(of arm: Int) -> ArraySlice<Double> {
    let first = arm * Self.stride + Self.triangle
    return numbers[first..<first + Self.features]
  }
}

// MARK: Evidence

extension ChoiceSums {
  /// How many answers are evidence.
  package var looks: Double { numbers[looksPlace] }
  var weight: Double { numbers[weightPlace] }
  var worth: Double { numbers[worthPlace] }
  func lead(over arm: Int) -> Double { numbers[arm * Self.stride + Self.lead] }
  func leadSquares(over arm: Int) -> Double { numbers[arm * Self.stride + Self.leadSquares] }

  package mutating func add(_ evidence: ChoiceEvidence) {
    numbers[looksPlace] += 1
    numbers[weightPlace] += evidence.weight
    numbers[worthPlace] += evidence.weight * evidence.worth
    for arm in 0..<arms {
      let lead = evidence.weight * evidence.leads[arm]
      numbers[arm * Self.stride + Self.lead] += lead
      numbers[arm * Self.stride + Self.leadSquares] += lead * lead
    }
  }

  /// Old evidence counts less.
  package mutating func fadeEvidence(by factor: Double) {
    for place in looksPlace...worthPlace { numbers[place] *= factor }
    for arm in 0..<arms {
      numbers[arm * Self.stride + Self.lead] *= factor
      numbers[arm * Self.stride + Self.leadSquares] *= factor
    }
  }
}

// MARK: Text

extension ChoiceSums {
  /// All numbers with spaces, to seven digits or so.
  package var text: String {
    var text = ""
    text.reserveCapacity(numbers.count * 10)
    for (place, number) in numbers.enumerated() {
      if place > 0 { text += " " }
      text += number == 0 ? "0" : Float(number).description
    }
    return text
  }

  /// Reads `text`; nil where it isn't that of so many arms.
  package init?(text: String, arms: Int) {
    self.init(arms: arms)
    // By bytes: there are thousands of numbers, and this is done on an event loop.
    let words = text.utf8.split(separator: UInt8(ascii: " "))
    guard words.count == numbers.count else { return nil }
    for (place, word) in words.enumerated() {
      guard let number = Float(Substring(word)), number.isFinite else { return nil }
      numbers[place] = Double(number)
    }
  }
}
