import Dialects
import Policy

/// What a provider is sent of a request.
struct Sent {
  var body: PaddedBytes
  /// The router asked for usage, not the client: the chunk that only carries it is dropped.
  var hidesUsage = false
  /// Nil where the provider speaks the client's dialect, so that bytes pass.
  var translated: Translated?
}

extension Snapshot.Deployment {
  /// Its provider speaks the dialect of the surface.
  func speaks(_ surface: Surface) -> Bool { dialect == surface.dialect }

  /// It can be sent requests of the surface, in its provider's dialect or in the client's.
  func takes(_ surface: Surface) -> Bool { speaks(surface) || translations[surface] != nil }
}

extension Peek {
  /// What a deployment is sent in the client's own dialect: its bytes, with what changes spliced in. `version` and `rule`: what those of
  /// the model write.
  func passed(
    _ request: PeekedRequest, _ body: PaddedBytes, to deployment: Snapshot.Deployment,
    version: VersionEdits?, rule: VersionEdits?
  ) -> Sent {
    let facts = request.facts
    let injects = facts.stream && !facts.includesUsage && deployment.injectsUsage
    return Sent(
      body: spliced(
        request, body: body, model: deployment.model, includeUsage: injects, version: version, rule: rule),
      hidesUsage: injects)
  }

  /// The same in the dialect of the deployment's provider, where that is another. Throws where that has no words for it. `id`: what its
  /// answer is called where the provider doesn't say; `now`: when it was begun, in milliseconds since 1970.
  func translated(
    _ request: PeekedRequest, _ body: PaddedBytes, to deployment: Snapshot.Deployment,
    version: VersionEdits?, rule: VersionEdits?, id: String, now: Int64
  ) throws(PeekError) -> Sent {
    let surface = request.facts.surface
    guard let translation = deployment.translations[surface] else {
      throw .notSpoken(surface)
    }
    let spliced = spliced(
      request, body: body, model: deployment.model, includeUsage: false, version: version, rule: rule)
    let form = AnswerForm(
      id: id, created: Int(now / 1_000), model: deployment.model, includesUsage: request.facts.includesUsage)
    return try translation.sent(spliced, asksForUsage: deployment.injectsUsage, as: form, with: self)
  }
}

extension Worker {
  /// What the provider of a step is sent where it speaks another dialect than the client; nil where it speaks the same.
  func translated(
    _ step: AttemptPlan.Step, _ course: AttemptCourse, _ exchange: Exchange
  ) throws(PeekError) -> Sent? {
    let snapshot = exchange.snapshot
    let position = step.candidate.deployment
    guard !snapshot.deployments[position].speaks(course.facts.surface) else { return nil }
    return try peek.translated(
      course.request, course.body, to: snapshot.deployments[position],
      version: snapshot.versions?.entry(at: step.candidate.model)?.edits, rule: exchange.edits,
      id: exchange.id, now: exchange.beganAt)
  }

  /// Whether the provider of a step has words for the request. What must be translated is, before anything is taken for the attempt:
  /// a request that can't be costs nothing.
  func isCarried(_ step: AttemptPlan.Step, _ course: inout AttemptCourse, _ exchange: Exchange) -> Bool {
    let (deployment, model) = (step.candidate.deployment, step.candidate.model)
    if exchange.snapshot.deployments[deployment].speaks(course.request.facts.surface) {
      course.translated = nil
      return true
    }
    if let known = course.translated, known.deployment == deployment, known.model == model { return true }
    do throws(PeekError) {
      if let sent = try translated(step, course, exchange) { course.translated = (deployment, model, sent) }
      return true
    } catch {
      course.notCarried = error
      return false
    }
  }
}
