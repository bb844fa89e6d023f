/// How hard a prompt is, as people say it.
package enum ComplexityLabel: String, CaseIterable, Sendable {
  case low, medium, high

  /// 0, 1 or 2.
  var rank: Int {
    switch self {
    case .low: 0
    case .medium: 1
    case .high: 2
    }
  }

  /// Scores from which a prompt is medium, and from which it is high: what `routing.complexity.thresholds` are by default.
  package static let thresholds = (medium: 0.3, high: 0.7)

  /// What a score of 0 to 1 comes to by the default thresholds.
  package init(score: Double) {
    self = score < Self.thresholds.medium ? .low : score < Self.thresholds.high ? .medium : .high
  }

  /// What a band of the configuration is called.
  package init(_ band: ComplexityBand) {
    switch band {
    case .low: self = .low
    case .medium: self = .medium
    case .high: self = .high
    }
  }
}

/// How likely a prompt has each label; they add up to 1.
package struct LabelChances: Sendable, Equatable {
  package var low: Double
  package var medium: Double
  package var high: Double

  /// The expected complexity, 0 to 1: low counts 0, medium a half, high 1.
  package var score: Double { high + medium / 2 }

  package subscript(label: ComplexityLabel) -> Double {
    switch label {
    case .low: low
    case .medium: medium
    case .high: high
    }
  }
}
