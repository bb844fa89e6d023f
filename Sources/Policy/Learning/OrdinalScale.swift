/// What makes chances of margins: Platt's calibration with two cuts, fitted to margins of prompts that training did not see.
struct OrdinalScale: Sendable, Equatable {
  /// Margins are multiplied by it; not negative, so that no order is turned round.
  var slope: Double
  /// On the scale of multiplied margins.
  var cuts: OrdinalCuts

  /// Steps of a descent whose step is safe for margins of mean 0 and variance 1. There is an end to them, so that margins which labels
  /// part without an error don't become certainties.
  private static let steps = 200

  func chances(at margin: Double) -> LabelChances { cuts.chances(at: margin * slope) }

  /// Of margins with the labels that people gave, by plain gradient descent, the same on every machine.
  static func fitted(to pairs: [(margin: Double, label: ComplexityLabel)]) -> OrdinalScale {
    guard !pairs.isEmpty else { return OrdinalScale(slope: 1, cuts: OrdinalCuts(medium: -0.5, high: 0.5)) }
    let count = Double(pairs.count)
    let mean = pairs.reduce(0) { $0 + $1.margin } / count
    let variance = pairs.reduce(0) { $0 + ($1.margin - mean) * ($1.margin - mean) } / count
    let width = variance > 0 ? variance.squareRoot() : 1
    var scale = OrdinalScale(slope: 1, cuts: OrdinalCuts(medium: -0.5, high: 0.5))
    for _ in 0..<steps {
      var (slope, medium, high) = (0.0, 0.0, 0.0)
      for pair in pairs {
        let margin = (pair.margin - mean) / width
        let miss = scale.cuts.slopes(at: margin * scale.slope, of: pair.label)
        slope += (miss.medium + miss.high) * margin
        medium -= miss.medium
        high -= miss.high
      }
      scale.slope = max(0, scale.slope - slope / count)
      scale.cuts.medium -= medium / count
      scale.cuts.high = max(scale.cuts.medium, scale.cuts.high - high / count)
    }
    let shift = scale.slope * mean / width
    return OrdinalScale(
      slope: scale.slope / width,
      cuts: OrdinalCuts(medium: scale.cuts.medium + shift, high: scale.cuts.high + shift))
  }
}
