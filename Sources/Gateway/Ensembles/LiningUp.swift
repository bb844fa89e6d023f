import Coordination
import Dialects
import Policy
import Settings
import Telemetry

/// Whether an exchange is one for an ensemble, and for whom of it.
extension Worker {
  /// Nil where one model is asked.
  func lineUp(
    for ruling: Ruling, _ request: PeekedRequest, _ body: PaddedBytes, _ principal: Principal,
    _ exchange: Exchange
  ) -> LineUp? {
    guard let ensemble = exchange.ruled?.ensemble else { return nil }
    let snapshot = exchange.snapshot
    let group = principal.limits.group(model: ruling.model)
    let isSaving = group.flatMap { limiter.steering(of: $0) } != nil
    do throws(LineUp.Obstacle) {
      return try snapshot.lineUp(
        of: ensemble, for: ruling, request.facts, peek.copyFacts(of: request, body),
        exchange.head, principal, estimators, isSaving: isSaving, at: exchange.beganAt)
    } catch {
      shard.increment(registry.series(Catalogue.ensemblePlain, ensemble.name, error.rawValue))
      return nil
    }
  }
}

extension Snapshot {
  /// Who is asked; throws why one model is. `copy` tells what a second call would do. `isSaving`: a budget of its caller is nearly
  /// spent, also where the model is the cheapest, and no other serves in its place. `now`: whose prices count, in milliseconds since 1970.
  func lineUp(
    of ensemble: Ensemble, for ruling: Ruling, _ facts: RequestFacts, _ copy: CopyFacts,
    _ head: RequestHead, _ principal: Principal, _ estimators: [String: TokenEstimator], isSaving: Bool,
    at now: Int64
  ) throws(LineUp.Obstacle) -> LineUp {
    guard ruling.pin == nil else { throw .pinned }
    guard ruling.steering == nil, !isSaving else { throw .steered }
    guard facts.surface.isChat else { throw .surface }
    guard facts.choices == 1 else { throw .choices }
    guard !copy.keepsState else { throw .stateful }
    guard !copy.usesTools || ensemble.kind == .cascade else { throw .tools }
    var permitted = ruling.permitted
    // All calls together may cost that much.
    if let ceiling = try? head.maxCost() {
      let estimator = estimators[models[ruling.model].name] ?? TokenEstimator()
      permitted.narrow(
        to: affordable(
          for: ceiling / Int64(ensemble.mostCalls), input: estimator.input(facts),
          output: estimator.output(facts), at: now))
    }
    let able = ensemble.models.filter { model in
      principal.allows(model) && mayServe(serving(model), within: permitted)
    }
    guard able.count > 1 else { throw .models }
    let judge = ensemble.judge.flatMap { mayServe(serving($0), within: permitted) ? $0 : nil }
    guard judge != nil || ensemble.kind != .bestOf else { throw .judge }
    return LineUp(
      ensemble: ensemble, models: able, judge: judge, permitted: permitted, format: copy.format)
  }

  /// The model itself, or the version of it that serves: no call of an ensemble is a candidate's.
  func serving(_ model: Int) -> Int { versions?.serving(model) ?? model }

  /// The same as an arm; nil where nothing was decided about the model's versions.
  func servingArm(of model: Int) -> Arm? {
    guard let versions, versions.models[model] != nil else { return nil }
    return Arm(kind: .baseline, position: versions.serving(model))
  }
}
