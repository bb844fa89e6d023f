import Dialects
import Policy
import Settings

/// What a configuration says of data classes, compiled.
struct DataRules: Sendable {
  let configured: [Settings.DataClass]
  let classes: DataClassTable
  /// Nil where keys and headers alone tell.
  let detectors: DataDetectors?
  /// Nil where nothing is masked.
  let masking: MaskingRule?

  /// Nil where no class is configured. What `former` has compiled of the same classes is kept.
  init?(_ settings: Settings, former: DataRules?) {
    configured = settings.routing.dataClasses
    guard !configured.isEmpty else { return nil }
    masking = Self.masking(configured)
    classes = DataClassTable(
      configured.rules, deployments: settings.deployments.map { (data: $0.data, regions: $0.regions) })
    if let former, former.configured == configured {
      detectors = former.detectors
      return
    }
    do throws(PatternError) {
      detectors = try configured.detectors()
    } catch {
      // Requests whose texts nobody looked at would go anywhere.
      preconditionFailure("data classes that were not checked: \(error.message)")
    }
  }

  private static func masking(_ classes: [Settings.DataClass]) -> MaskingRule? {
    let masked = classes.rules.filter { $0.action == .redact }.reduce(into: DetectorSet()) {
      $0.formUnion($1.detectors)
    }
    guard !masked.isEmpty else { return nil }
    let names =
      Detector.allCases.map { (detector: $0.bit, name: $0.rawValue) }
      + classes.patterns.enumerated().map { (detector: DetectorSet(pattern: $0), name: $1.name) }
    return MaskingRule(masked, names: names)
  }

  /// `a, b`
  func words(_ classes: DataClassSet) -> String { self.classes.names(classes).joined(separator: ", ") }
}
