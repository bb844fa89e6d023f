internal import Policy

/// What takes more than one key of `routing.rules` to see.
enum RuleChecks {
  static func rule(_ rule: inout Settings.Rule, _ reader: inout Reader) {
    let actions = ["model", "ensemble", "deployments", "parameters", "priority", "fallbacks"]
    if !actions.contains(where: { reader.isWritten($0) }) {
      reader.fail("does nothing: write \(actions.dropLast().joined(separator: ", ")) or fallbacks")
    }
    if reader.isWritten("ensemble"), reader.isWritten("model") {
      reader.fail(
        "is written beside 'model', and names its own models: remove one of them", under: ["ensemble"])
    }
    if let flaw = BundleRule.flaw(of: rule.parameters) { reader.fail(flaw, under: ["parameters"]) }
    for (index, fallback) in (rule.fallbacks ?? []).enumerated() where fallback == rule.model {
      reader.fail(
        "goes round in a circle: it is the rule's own model; name another",
        under: ["fallbacks", "[\(index)]"])
    }
  }

  /// What takes all rules to see, and the models and deployments that they name.
  static func all(_ settings: inout Settings, _ reader: inout Reader) {
    for index in settings.routing.rules.indices {
      let condition = settings.routing.rules[index].condition
      settings.routing.rules[index].condition = condition.between(settings.routing.complexity.rules)
    }
    guard !reader.hasErrors(at: ["routing", "rules"]) else { return }
    let rules = settings.routing.rules
    for (index, rule) in rules.enumerated() {
      guard let why = rule.condition.contradiction else { continue }
      let place = ["routing", "rules", "[\(index)]", "condition"]
      reader.fail("contradicts itself, so that the rule never matches: \(why)", under: place)
    }
    checkClasses(settings, &reader)
    checkOrder(rules, &reader)
    for (index, rule) in rules.enumerated() {
      let place = ["routing", "rules", "[\(index)]", "deployments"]
      guard let filter = rule.deployments, !reader.hasErrors(under: "deployments"),
        !reader.hasErrors(under: "models")
      else { continue }
      let pool = settings.deployments(ofRule: rule)
      if let unpriced = pool.first(where: { $0.prices.isEmpty }), filter.maxPrice != nil {
        reader.fail(
          "goes by prices, and deployment '\(unpriced.name)' has none: write deployments.\(unpriced.name).price",
          under: place + ["max_price"])
      } else if pool.allSatisfy({ filter.flaw(of: $0) != nil }) {
        let flaws = pool.prefix(3).map { "'\($0.name)' \(filter.flaw(of: $0) ?? "")" }
        let whose =
          rule.model.map { "of model '\($0)' " } ?? rule.ensemble.map { "of ensemble '\($0)' " } ?? ""
        reader.fail(
          "leaves no deployment \(whose)to serve: \(flaws.joined(separator: ", "))\(pool.count > 3 ? " …" : "")",
          under: place)
      }
    }
  }

  /// A rule for data of a class that nobody declares would never match, and the data go anywhere.
  private static func checkClasses(_ settings: Settings, _ reader: inout Reader) {
    let known = settings.routing.dataClasses.map(\.name)
    for (index, rule) in settings.routing.rules.enumerated() {
      for case .dataClass(let patterns) in rule.condition.atoms {
        for pattern in patterns where !(known + ["none"]).contains(where: pattern.matches) {
          reader.fail(
            "asks for the data class '\(pattern.text)', which is none\(Suggestion.text(for: pattern.text, among: known)):"
              + " declare it under routing.data_classes",
            under: ["routing", "rules", "[\(index)]", "condition"])
        }
      }
    }
  }

  /// A rule that never has its turn.
  private static func checkOrder(_ rules: [Settings.Rule], _ reader: inout Reader) {
    let parts = rules.map(\.condition.parts)
    for index in rules.indices {
      let covering = parts[..<index].firstIndex { RuleCondition.holds(all: $0, where: parts[index]) }
      guard let first = covering else { continue }
      let line = reader.line(of: ["routing", "rules", "[\(first)]"])
      reader.fail(
        "never matches: \(rules[first].label(at: first)) in line \(line) comes before it, and holds whenever this one"
          + " does; write this one first, or remove it", under: ["routing", "rules", "[\(index)]"])
    }
  }
}

extension Settings {
  /// The deployments that a rule may lead to: those of its model or of its ensemble's, or all.
  fileprivate func deployments(ofRule rule: Rule) -> [Deployment] {
    let ensemble = routing.ensembles.first { $0.name == rule.ensemble }
    let served = Set(ensemble?.models ?? rule.model.map { [$0] } ?? [])
    guard !served.isEmpty else { return deployments }
    let names = Set(models.filter { served.contains($0.name) }.flatMap { $0.deployments.map(\.name) })
    return deployments.filter { names.contains($0.name) }
  }
}
