import Dialects
import Policy
import Settings

/// What Ollama's clients ask before they chat.
extension Worker {
  /// The models that the key may use.
  func answerTags(_ principal: Principal, _ exchange: Exchange) {
    let snapshot = exchange.snapshot
    let models = snapshot.modelNames(for: principal).map { snapshot.catalogModel($0) }
    answer(json: OllamaCatalog.tags(models), exchange)
  }

  /// One of them.
  func answerShow(
    _ body: PaddedBytes, _ principal: Principal, _ exchange: Exchange
  ) throws(ExchangeError) {
    let name: String
    do throws(PeekError) { name = try OllamaCatalog.shownModel(body, with: peek) } catch {
      throw ExchangeError(error)
    }
    let snapshot = exchange.snapshot
    guard let model = snapshot.table.positions[name], principal.allows(model) else {
      throw .modelNotFound(name)
    }
    answer(json: OllamaCatalog.show(snapshot.catalogModel(name)), exchange)
  }
}

extension Snapshot {
  /// Of models that a key may use, with their aliases.
  func modelNames(for principal: Principal) -> [String] {
    table.positions.filter { principal.allows($0.value) }.keys.sorted()
  }

  /// What all deployments of a model can do. Nobody knows since when: the router's models are names.
  fileprivate func catalogModel(_ name: String) -> OllamaCatalog.Model {
    let served = table.positions[name].map { table.models[$0].deployments } ?? []
    let configured = served.map { settings.deployments[$0.position] }
    let known: Set<String> = ["tools", "vision", "thinking", "embedding"]
    let shared = configured.reduce(known) { $0.intersection($1.capabilities) }
    return OllamaCatalog.Model(
      name, modified: 0, capabilities: ["completion"] + shared.sorted(),
      contextLength: configured.compactMap(\.context).min())
  }
}
