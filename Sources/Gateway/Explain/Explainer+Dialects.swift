import Dialects
import Policy

/// What becomes of a request on its way to a provider that speaks another dialect than its client.
enum Carriage {
  /// What it isn't sent as the client wrote it.
  case carried([Dropped])
  case refused(PeekError)
}

extension Explainer {
  /// By deployment, of all that may serve it.
  func carriages(
    _ request: Request, _ peeked: PeekedRequest, _ body: PaddedBytes, _ peek: Peek
  ) -> [Int: Carriage] {
    var carriages: [Int: Carriage] = [:]
    let rule = request.rule.flatMap { snapshot.rules?.rules[$0].edits }
    for stage in stages(of: request) {
      let version = snapshot.versions?.entry(at: stage.model)?.edits
      for position in snapshot.table.models[stage.model].deployments.map(\.position) {
        let deployment = snapshot.deployments[position]
        let surface = peeked.facts.surface
        guard carriages[position] == nil, !deployment.speaks(surface), deployment.takes(surface) else {
          continue
        }
        do throws(PeekError) {
          let sent = try peek.translated(
            peeked, body, to: deployment, version: version, rule: rule, id: "", now: wall)
          carriages[position] = .carried(sent.translated?.dropped ?? [])
        } catch {
          carriages[position] = .refused(error)
        }
      }
    }
    return carriages
  }

  /// What a deployment isn't sent as the client wrote it, and by which rule.
  func losses(at position: Int, _ request: Request) -> [String] {
    guard case .carried(let dropped)? = request.carriages[position] else { return [] }
    let deployment = snapshot.deployments[position]
    let dialect = deployment.dialect?.rawValue ?? ""
    return dropped.map { "On the way to \(deployment.name), which speaks \(dialect): \($0.text) \($0.rule)." }
  }
}
