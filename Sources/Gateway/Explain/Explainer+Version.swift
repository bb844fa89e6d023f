import Coordination
import Policy
import Telemetry

/// Which version of the model a request is for.
extension Explainer {
  /// Of who stays in no arm most requests are the baseline's, and so is this one.
  func arm(_ model: Int, _ pin: VersionPin?, _ facts: RequestFacts) throws(ExchangeError) -> Arm? {
    let unit = unit(facts)
    let (right, now) = (principal.pins, SystemClock.wallMilliseconds())
    var arm = try snapshot.arm(model, pin, right, now: now) { unit.hash($0) }
    if let versions = snapshot.versions, arm?.kind == .canary, !unit.isSticky {
      arm?.kind = .baseline
      arm?.position = versions.serving(model)
    }
    return arm
  }

  func unit(_ facts: RequestFacts) -> StickyUnit {
    StickyUnit(head: head, facts: facts, principal: principal, request: nil)
  }

  func version(_ request: Request) -> Explanation.Version? {
    guard let arm = request.arm, let versions = snapshot.versions, let model = versions.models[request.model]
    else { return nil }
    var told = Explanation.Version(
      number: versions.entry(at: arm.position)?.version, arm: arm.kind.rawValue, active: model.state.active,
      candidate: model.state.candidate?.version, decided: model.state.candidate?.weight, why: "")
    let exposure = model.candidate.map { versions.exposure(of: $0, now: StateClock.monotonicMilliseconds()) }
    told.weight = exposure?.weight ?? (model.state.candidate == nil ? nil : .zero)
    told.salt = model.candidate.map { String(decoding: $0.salt.dropLast(), as: UTF8.self) }
    told.why = why(arm, request, model, exposure, versions)
    return told
  }

  private func why(
    _ arm: Arm, _ request: Request, _ model: VersionTable.Model, _ exposure: (weight: Weight, why: String?)?,
    _ versions: VersionTable
  ) -> String {
    if arm.kind == .pinned { return "the request asks for it" }
    if arm.kind == .experiment { return "it is the arm of an experiment" }
    guard let candidate = model.state.candidate else { return "no version is being tried" }
    let name = "version \(candidate.version)"
    if let absent = versions.absent.first(where: {
      $0.model == snapshot.models[request.model].name && $0.version == candidate.version
    }) {
      return "\(name) can't serve here: \(absent.why)"
    }
    if let shadowed = model.candidate, shadowed.phase == .shadow {
      return why(arm, copiesOf: shadowed, request, versions)
    }
    guard let exposure else { return "\(name) can't serve here" }
    if let why = exposure.why { return "\(name) gets nothing here: \(why)" }
    let share = "\(name) gets \(exposure.weight) %"
    guard unit(request.facts).isSticky else {
      return "\(share) of requests by chance, as this one names no session and its key no user"
    }
    return arm.kind == .canary
      ? "\(share), and this session is among them" : "\(share), and this session isn't"
  }
}

extension Explainer {
  /// Of a candidate whose answers nobody sees.
  private func why(
    _ arm: Arm, copiesOf candidate: VersionTable.Candidate, _ request: Request, _ versions: VersionTable
  ) -> String {
    let name = "version \(candidate.version)"
    let (share, why) = versions.copies(of: candidate, now: StateClock.monotonicMilliseconds())
    if let why { return "\(name) gets no copies here: \(why)" }
    if share == .zero { return "\(name) will get copies once the baseline is measured" }
    let copies = "\(name) gets copies of \(share) % of the sessions"
    guard unit(request.facts).isSticky else {
      return "\(copies), this one by chance, as it names no session and its key no user"
    }
    return arm.mirror == nil
      ? "\(copies), and this one isn't among them" : "\(copies), and this one is among them"
  }
}

extension Explanation.Version {
  /// For people.
  var words: String {
    let name = number.map { "\($0)" } ?? "none: the model's own deployments"
    return "\(name) (\(arm)): \(why)"
  }
}
