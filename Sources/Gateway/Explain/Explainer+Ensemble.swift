import Dialects
import Policy
import Settings

/// Whether several models would be asked for the answer to a request.
extension Explainer {
  /// Nil where its rule names no ensemble. `body` is what would be sent.
  func ensemble(
    _ rule: Int?, _ ruling: Ruling, _ request: PeekedRequest, _ body: PaddedBytes, _ peek: Peek
  ) -> Explanation.Ensemble? {
    guard !trace.isSilent, let ensemble = rule.flatMap({ snapshot.rules?.rules[$0].ensemble }) else {
      return nil
    }
    func names(_ models: [Int]) -> [String] { models.map { snapshot.models[$0].name } }
    var told = Explanation.Ensemble(
      name: ensemble.name, kind: ensemble.kind, models: names(ensemble.models),
      deadline: ensemble.deadline.map { $0 / 1_000_000 })
    let isSaving = principal.limits.group(model: ruling.model).flatMap { live?.steering($0) } != nil
    do throws(LineUp.Obstacle) {
      let lineUp = try snapshot.lineUp(
        of: ensemble, for: ruling, request.facts, peek.copyFacts(of: request, body), head, principal,
        live?.estimators ?? [:], isSaving: isSaving, at: wall)
      (told.models, told.quorum) = (names(lineUp.models), ensemble.kind == .cascade ? nil : lineUp.quorum)
      told.judge = lineUp.judge.map { snapshot.models[$0].name }
    } catch {
      told.obstacle = error.words
    }
    return told
  }
}

extension Explanation.Ensemble {
  /// `frugal: chat-small, then chat-large, until an answer will do; referee is asked`
  var words: String {
    if let obstacle { return "\(name): not asked, as \(obstacle)" }
    let ways =
      switch kind {
      case .cascade: models.joined(separator: ", then ") + ", until an answer will do"
      case .vote: models.joined(separator: ", ") + " vote; it ends with \(quorum ?? 0) equal answers"
      case .bestOf: models.joined(separator: ", ") + "; it ends with \(quorum ?? 0) answers"
      }
    let judged = judge.map { "; \($0) judges" } ?? ""
    let time = deadline.map { "; for \(LimitHeaders.duration($0)) at the longest" } ?? ""
    return "\(name): \(ways)\(judged)\(time)"
  }
}
