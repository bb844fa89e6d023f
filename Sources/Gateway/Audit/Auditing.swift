import Coordination
import Dialects
import Policy
import Settings
import Telemetry

/// Looking again at what rules made of requests: whether they took them for what they are.
///
///     prepareAudit → (the client's answer, with a ticket) → audit → [askJudge → count, learn]
///     takeLabel → count, learn
///
/// Nothing of it is waited for by a client: what is in brackets is a task of its own, behind the settlement.
extension Worker {
  /// Notes what the rules made of a request, where it is one of the sample. To be called before they are asked about another one.
  func prepareAudit(_ request: PeekedRequest, _ body: PaddedBytes, _ exchange: Exchange) {
    let snapshot = exchange.snapshot
    guard let terms = snapshot.settings.routing.audit, let table = snapshot.rules,
      let prompt = request.facts.prompt, exchange.surface?.asksForText == true,
      random.below(100_000_000) < terms.sample
    else { return }
    guard !exchange.head.cacheDirectives.noStore else { return count(unaudited: ShadowDrop.noStore.rawValue) }
    guard rollouts.audits.take(terms.perHour, now: StateClock.monotonicMilliseconds()) else { return }
    let rules = snapshot.settings.routing.complexity.rules
    exchange.audit = AuditSeed(
      body: body, note: ruleRoom.note(of: exchange.rule, by: table, prompt, rules),
      heuristic: rules.complexity(of: prompt.strengths))
  }

  /// Keeps what its client may say more of, and asks a judge, if there is one. The exchange is settled: of one that was refused, or failed,
  /// nothing more is asked, and nothing kept.
  func audit(_ seed: AuditSeed, _ exchange: Exchange) {
    exchange.audit = nil
    guard let terms = exchange.snapshot.settings.routing.audit else { return }
    guard (200..<300).contains(exchange.answer.status) else {
      return count(unaudited: ShadowDrop.noEvidence.rawValue)
    }
    let turns = turns(of: seed, exchange)
    var note = seed.note
    if terms.examples != nil {
      note.sketch = sketch(of: turns, seed, exchange)
      if note.sketch == nil { shard.increment(registry.series(Catalogue.auditExamples, "unfit")) }
    }
    if let ticket = seed.ticket {
      auditRegister.keep(Array(note.text.utf8), as: .note(ticket), for: FeedbackTicket.lifetime) { _ in }
    }
    if let judge = terms.judge { ask(judge, about: turns, note, exchange) }
  }

  /// Nil for what is more than text, or more than anybody reads: of the body too, which is texts for a good part.
  private func turns(of seed: AuditSeed, _ exchange: Exchange) -> [ConversationTurn]? {
    guard exchange.surface?.isChat == true, seed.body.count <= 8 * AuditQuestion.mostBytes else {
      return nil
    }
    return peek.conversation(of: seed.body)
  }

  /// Nothing is kept of what has data of a class.
  private func sketch(
    of turns: [ConversationTurn]?, _ seed: AuditSeed, _ exchange: Exchange
  ) -> PromptSketch? {
    guard exchange.dataClasses.isEmpty, let prompt = turns?.asking else { return nil }
    let sketch = PromptSketch(prompt.text, heuristic: seed.heuristic)
    return sketch.fits ? sketch : nil
  }

  // MARK: What somebody says

  /// What a client says that a request was; false where nothing is known of it any more.
  func takeLabel(_ said: RequestClass, of ticket: UInt64, _ exchange: Exchange) async -> Bool {
    guard let terms = exchange.snapshot.settings.routing.audit, auditRegister.isAvailable else {
      return false
    }
    let result: Result<[UInt8]?, StateFailure> = await waitForState(exchange) { fill in
      auditRegister.read(.note(ticket)) { fill($0) }
      auditRegister.flush()
    }
    guard case .success(let bytes?) = result,
      let note = AuditNote(text: String(decoding: bytes, as: UTF8.self))
    else { return false }
    take(said, of: note, by: .feedback, terms)
    return true
  }

  /// Counts it, and keeps the prompt with it for training, where that is wanted.
  func take(_ said: RequestClass, of note: AuditNote, by source: AuditSource, _ terms: Settings.Audit) {
    count(said, note, by: source)
    guard let examples = terms.examples, let sketch = note.sketch,
      let complexity = said.complexity
    else { return }
    let example = LearningExample(ComplexityLabel(complexity), by: source, sketch)
    auditRegister.keep(
      Array(example.text.utf8), as: .example(random.below(examples.most)),
      for: examples.keep.nanoseconds / 1_000_000
    ) { [shard, registry] isKept in
      shard.increment(registry.series(Catalogue.auditExamples, isKept ? "kept" : "lost"))
    }
  }

  private func count(_ said: RequestClass, _ note: AuditNote, by source: AuditSource) {
    let (task, complexity) = (note.taken.task?.rawValue, note.taken.complexity?.rawValue)
    let labels = (note.rule, task ?? "none", complexity ?? "none", source.rawValue)
    let series = [Catalogue.accuracyAudited, Catalogue.accuracyCorrect].map {
      registry.series($0, labels.0, labels.1, labels.2, labels.3)
    }
    shard.increment(series[0])
    shard.add(note.isRight(said) ? 1 : 0, to: series[1])
    let facts = [
      ("task", task, said.task?.rawValue), ("complexity", complexity, said.complexity?.rawValue),
    ]
    for case (let fact, let taken?, let said?) in facts {
      shard.increment(registry.series(Catalogue.accuracyClasses, fact, taken, said, source.rawValue))
    }
  }

  func count(unaudited reason: String) { shard.increment(registry.series(Catalogue.auditDrops, reason)) }
}
