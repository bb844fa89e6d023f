/// An experiment as it is declared, with its place among the sessions of its layer.
package struct ExperimentPlan: Equatable, Sendable {
  package struct Arm: Equatable, Sendable {
    package var name: String
    package var model: String
    /// Nil: whatever serves the model.
    package var version: Int?
    package var share: Weight

    package init(name: String, model: String, version: Int? = nil, share: Weight) {
      (self.name, self.model, self.version, self.share) = (name, model, version, share)
    }
  }

  package let name: String
  /// Whose requests take part.
  package let model: String
  package let layer: String
  /// Where its arms begin, in hundredths of a percent of the layer's sessions.
  package let offset: Int
  /// The first one is what the others are compared with.
  package let arms: [Arm]
  package let goal: ExperimentMetric
  package let outcomes: [String]
  package let leastSessions: Int
  /// Sessions are counted anew once anything of who is given what changes: 16 hexadecimal digits.
  package let edition: String

  package init(
    name: String, model: String, layer: String, offset: Int = 0, arms: [Arm], goal: ExperimentMetric = .error,
    outcomes: [String] = [], leastSessions: Int = 10_000
  ) {
    (self.name, self.model, self.layer, self.offset) = (name, model, layer, offset)
    (self.arms, self.goal, self.outcomes, self.leastSessions) = (arms, goal, outcomes, leastSessions)
    let terms = [model, layer, "\(offset)"] + arms.map { "\($0.model) \($0.version ?? 0) \($0.share)" }
    edition = Self.hash(terms.joined(separator: "\n"))
  }

  /// What sessions are hashed with: those of another layer are dealt independently.
  package var salt: [UInt8] { Array("\(layer)|".utf8) }

  package var metrics: [ExperimentMetric] {
    ExperimentMetric.measured + outcomes.map { ExperimentMetric.outcome($0) }
  }

  /// FNV-1a.
  private static func hash(_ text: String) -> String {
    let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension ExperimentPlan {
  package var subject: ExperimentSubject { ExperimentSubject(name: name, edition: edition) }
}

/// What is counted together: an experiment, as long as nobody changes who is given what.
package struct ExperimentSubject: Hashable, Comparable, Sendable {
  package let name: String
  package let edition: String

  package init(name: String, edition: String) { (self.name, self.edition) = (name, edition) }

  package static func < (one: ExperimentSubject, other: ExperimentSubject) -> Bool {
    (one.name, one.edition) < (other.name, other.edition)
  }
}
