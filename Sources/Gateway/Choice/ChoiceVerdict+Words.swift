import Policy

extension ChoiceVerdict {
  /// For people. `names`: of the deployments, by arm.
  func words(_ names: [String]) -> String {
    let known = "\(Int(looks)) answers are evidence"
    guard looks > 0 else { return "\(known): deployments are drawn by their weights" }
    let figures =
      "\(known): worth \(Self.number(gain)) more an answer than \(names[rival]) alone, \(Self.number(lower)) at least,"
      + " \(Self.number(upper)) at most"
    return switch standing {
    case .gathering: "\(figures); too few to decide by, so deployments are drawn by their weights"
    case .steering: "\(figures); it decides"
    case .idle:
      "\(figures); it does not beat the best deployment alone and has switched itself off: deployments are drawn by their weights"
    case .stopped: "\(figures); switched off: deployments are drawn by their weights"
    }
  }

  private static func number(_ value: Double) -> String { "\((value * 10_000).rounded() / 10_000)" }
}
