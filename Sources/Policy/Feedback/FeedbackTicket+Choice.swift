/// `<model>@<edition>@<arm>@<propensity>@<least>@<penalty>@<features>`: chances in millionths, the penalty in millionths above −2, numbers
/// to the base of 36.
extension FeedbackTicket.Choice {
  private static let unit = 1_000_000.0
  /// So that what is written is never negative.
  private static let shift = 2.0

  var text: String {
    let numbers = [
      Double(context.arm), context.propensity * Self.unit, context.least * Self.unit,
      (max(-Self.shift, penalty) + Self.shift) * Self.unit,
    ]
    let words = numbers.map { FeedbackTicket.digits(UInt64($0.rounded())) }
    return ([model.escaped, edition] + words + [context.features.text]).joined(separator: "@")
  }

  /// Nil where another release wrote it.
  init?(text: some StringProtocol) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 7, let model = ControlModel(escaped: parts[0]), RecordRule.isName(parts[1]),
      let arm = FeedbackTicket.number(parts[2]).flatMap({ Int(exactly: $0) }), arm < ChoiceTerms.mostArms,
      let propensity = Self.chance(parts[3]), propensity > 0, let least = Self.chance(parts[4]),
      let penalty = FeedbackTicket.number(parts[5]), Double(penalty) <= 2 * Self.shift * Self.unit,
      let features = ChoiceFeatures(text: parts[6])
    else { return nil }
    let context = ChoiceContext(features: features, arm: arm, propensity: propensity, least: least)
    self.init(
      model: model, edition: String(parts[1]), context: context,
      penalty: Double(penalty) / Self.unit - Self.shift)
  }

  private static func chance(_ text: some StringProtocol) -> Double? {
    FeedbackTicket.number(text).map { Double($0) / unit }.flatMap { $0 <= 1 ? $0 : nil }
  }
}
