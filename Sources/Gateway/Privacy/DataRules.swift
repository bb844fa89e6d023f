import Policy
import Settings

/// What a configuration says of data classes, compiled.
struct DataRules: Sendable {
  let configured: [Settings.DataClass]
  let classes: DataClassTable
  /// Nil where keys and headers alone tell.
  let detectors: DataDetectors?

  /// Nil where no class is configured. What `former` has compiled of the same classes is kept.
  init?(_ settings: Settings, former: DataRules?) {
    configured = settings.routing.dataClasses
    guard !configured.isEmpty else { return nil }
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

  /// `a, b`
  func words(_ classes: DataClassSet) -> String { self.classes.names(classes).joined(separator: ", ") }
}

extension Snapshot {
  /// The classes of a request: those of its key, those that it says it has, and those that were found in its texts. None of them takes
  /// another away.
  func dataClasses(
    _ facts: RequestFacts, _ head: RequestHead, _ principal: Principal
  ) throws(ExchangeError) -> DataClassSet {
    guard let data else {
      if head.count(.xDataClass) > 0 { _ = try declaredClasses(head) }
      return []
    }
    return principal.dataClasses.union(try declaredClasses(head)).union(
      data.classes.classes(found: facts.detected))
  }

  /// What `x-data-class` adds.
  func declaredClasses(_ head: RequestHead) throws(ExchangeError) -> DataClassSet {
    guard let text = head.string(.xDataClass) else { return [] }
    let known = data?.classes.rules.map(\.name) ?? []
    guard head.count(.xDataClass) == 1 else { throw .repeatedDataClass }
    let names = text.split { $0 == "," || $0 == " " || $0 == "\t" }
    guard let classes = names.isEmpty ? nil : data?.classes.classes(named: names) else {
      throw .unknownDataClass(known)
    }
    return classes
  }

  /// Whether some deployment of a model, or of what it falls back to, may serve.
  func hasDeployment(for position: Int, _ permitted: DeploymentSet, _ principal: Principal) -> Bool {
    table.stages(for: position, allows: principal.allows).contains { stage in
      table.models[stage.model].deployments.contains { permitted.contains($0.position) }
    }
  }
}

extension ExchangeError {
  static let repeatedDataClass = invalid(
    "The header x-data-class is given more than once. Send it once, with commas between classes.",
    code: "repeated_data_class")

  static func unknownDataClass(_ known: [String]) -> ExchangeError {
    invalid(
      known.isEmpty
        ? "The header x-data-class names a class, and this router has none (routing.data_classes): nothing would be"
          + " kept from anybody. Send the request without it, or ask the operator."
        : "The header x-data-class names no class that is known here, or none at all. Known are \(known.joined(separator: ", ")).",
      code: "unknown_data_class")
  }

  /// `words`: the names of classes.
  static func noPermittedDeployment(_ words: String) -> ExchangeError {
    ExchangeError(
      status: 403, type: "permission_error", code: "no_permitted_deployment",
      message:
        "The request has data of class \(words), and no deployment of the model, nor of its fallbacks, may see it. Ask for"
        + " another model, leave the data out, or ask the operator.", fault: .policy, shouldRetry: false)
  }

  static func refusedDataClass(_ name: String) -> ExchangeError {
    ExchangeError(
      status: 403, type: "permission_error", code: "data_class_refused",
      message: "The request has data of class \(name), which may go to no model here. Leave the data out.",
      fault: .policy, shouldRetry: false)
  }
}
