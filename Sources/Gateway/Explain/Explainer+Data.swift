import Policy
import Settings

/// The data classes of a request: who tells of them, and whom that leaves.
extension Explainer {
  /// Nil where it has none.
  func data(_ request: Request) -> Explanation.Data? {
    guard let data = snapshot.data, !request.data.classes.isEmpty else { return nil }
    let permitted = data.classes.permitted(request.data.bound) ?? .all(snapshot.deployments.count)
    let declared = (try? snapshot.declaredClasses(head)) ?? []
    let classes = request.data.classes.positions.map { position in
      let (rule, bit) = (data.classes.rules[position], DataClassSet(position: position))
      var tellers = data.configured.names(of: rule.detectors.intersection(request.facts.detected))
      if declared.contains(bit) { tellers.insert("x-data-class", at: 0) }
      if principal.dataClasses.contains(bit) { tellers.insert("the key", at: 0) }
      return Explanation.Data.Class(
        name: rule.name, action: rule.action, tellers: tellers,
        isMasked: request.data.masked != nil && !request.data.bound.contains(bit))
    }
    let left = snapshot.deployments.indices.filter(permitted.contains).map { snapshot.deployments[$0].name }
    return .init(classes: classes, deployments: left)
  }

  /// What a client is told whose data may go to no model here.
  func refusal(_ course: DataCourse) -> ExchangeError? {
    snapshot.data?.classes.refused(course.classes).map { .refusedDataClass($0.name) }
  }
}

extension Explanation.Data {
  /// `phi by health and card; may be seen by eu-large`
  var words: String {
    let found = classes.map { item in
      let action = item.action == .refuse ? ", which is refused" : item.isMasked ? ", which is masked" : ""
      return "\(item.name) by \(item.tellers.joined(separator: ", "))\(action)"
    }
    let seen = deployments.isEmpty ? "no deployment" : deployments.joined(separator: ", ")
    return "\(found.joined(separator: "; ")); may be seen by \(seen)"
  }

  var json: JSON {
    [
      "classes": .array(classes.map(\.json)),
      "deployments": .array(deployments.map(JSON.string)),
    ]
  }
}

extension Explanation.Data.Class {
  fileprivate var json: JSON {
    [
      "name": .string(name), "action": .string(action.rawValue), "by": .array(tellers.map(JSON.string)),
      "masked": .bool(isMasked),
    ]
  }
}
