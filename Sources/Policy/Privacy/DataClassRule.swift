/// What becomes of requests in which something of a class is found.
package enum DataAction: String, CaseIterable, Sendable {
  /// They go to deployments that may see the class.
  case restrict
  /// What is found is masked before they are sent, and put back in their answers; where that can't be done, as `restrict`.
  case redact
  /// They go nowhere.
  case refuse
}

/// A data class: what it is looked for by, and who may see it.
package struct DataClassRule: Sendable, Equatable {
  package var name: String
  package var action: DataAction
  /// What of it is found in texts.
  package var detectors: DetectorSet
  /// Where deployments have to run, all of each; empty: anywhere.
  package var regions: [String]

  package init(name: String, action: DataAction, detectors: DetectorSet, regions: [String]) {
    self.name = name
    self.action = action
    self.detectors = detectors
    self.regions = regions
  }

  /// Whether a deployment that may see classes and runs in regions may see this one. One that says neither may see none.
  package func permits(data: [String], regions: [String]) -> Bool {
    data.contains(name)
      && (self.regions.isEmpty || !regions.isEmpty && regions.allSatisfy(self.regions.contains))
  }
}

/// All data classes, and which deployments may see each.
package struct DataClassTable: Sendable {
  package let rules: [DataClassRule]
  /// By class.
  private let permitted: [DeploymentSet]
  private let deployments: Int

  /// `deployments`: what each may see and where it runs, by position.
  package init(_ rules: [DataClassRule], deployments: [(data: [String], regions: [String])]) {
    self.rules = rules
    self.deployments = deployments.count
    permitted = rules.map { rule in
      DeploymentSet(count: deployments.count) {
        rule.permits(data: deployments[$0].data, regions: deployments[$0].regions)
      }
    }
  }

  /// Of the configured names, each once: what is not configured is nil.
  package func classes(named names: some Sequence<some StringProtocol>) -> DataClassSet? {
    var classes: DataClassSet = []
    for name in names {
      guard let position = rules.firstIndex(where: { $0.name == name }) else { return nil }
      classes.insert(DataClassSet(position: position))
    }
    return classes
  }

  /// The classes that something was found of.
  package func classes(found detectors: DetectorSet) -> DataClassSet {
    guard !detectors.isEmpty else { return [] }
    return rules.indices.reduce(into: DataClassSet()) { classes, position in
      guard !rules[position].detectors.isDisjoint(with: detectors) else { return }
      classes.insert(DataClassSet(position: position))
    }
  }

  /// Which deployments may see all of these; nil: those that may see anything, as there is nothing special to see.
  package func permitted(_ classes: DataClassSet) -> DeploymentSet? {
    guard !classes.isEmpty else { return nil }
    var permitted = DeploymentSet.all(deployments)
    for position in classes.positions { permitted.formIntersection(self.permitted[position]) }
    return permitted
  }

  /// The first of them whose requests go nowhere.
  package func refused(_ classes: DataClassSet) -> DataClassRule? {
    classes.positions.map { rules[$0] }.first { $0.action == .refuse }
  }

  /// Those of them that are masked.
  package func redacted(_ classes: DataClassSet) -> DataClassSet {
    classes.positions.reduce(into: DataClassSet()) { redacted, position in
      if rules[position].action == .redact { redacted.insert(DataClassSet(position: position)) }
    }
  }

  package func names(_ classes: DataClassSet) -> [String] { classes.positions.map { rules[$0].name } }
}
