import Dialects
import Policy
import Settings

/// What a provider is sent of a request.
struct Sent {
  var body: PaddedBytes
  /// The router asked for usage, not the client: the chunk that only carries it is dropped.
  var hidesUsage = false
  /// Nil where the provider speaks the client's dialect, so that bytes pass.
  var translated: Translated?
}

/// What is different where the provider speaks another dialect than the client.
struct Translated {
  /// Bytes of a plain answer beyond which it is given up: it is translated whole.
  static let mostBytes = 8 << 20

  let translation: ChatTranslation
  /// Behind the provider's base URL.
  let path: String
  /// Lines that its dialect wants.
  let headers: [String]
  /// What it isn't sent.
  let dropped: [Dropped]
  let form: AnswerForm
}

extension Translated {
  private static let mostHeaderBytes = 1_024

  /// `x-switchyard-dropped`: what was left out or changed; nil where nothing was. Names of the client's own making stand in it.
  var droppedField: String? {
    guard !dropped.isEmpty else { return nil }
    let text = dropped.map(\.text).joined(separator: ", ")
    let plain = text.utf8.prefix(Self.mostHeaderBytes).map { 0x20...0x7e ~= $0 ? $0 : UInt8(ascii: "?") }
    return String(decoding: plain, as: UTF8.self)
  }
}

extension Translated {
  /// To a provider, from each surface of another dialect that can be.
  static func all(to provider: Settings.Provider) -> [Surface: ChatTranslation] {
    guard let dialect = ChatDialectName(provider.dialect) else { return [:] }
    let pairs = Surface.allCases.compactMap { surface -> (Surface, ChatTranslation)? in
      guard surface.dialect != dialect, let client = surface.client, let asked = Self.asked(provider, dialect)
      else { return nil }
      return (surface, ChatTranslation(client: client, provider: asked))
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }

  private static func asked(_ provider: Settings.Provider, _ dialect: ChatDialectName)
    -> (any ProviderDialect)?
  {
    guard dialect == .openai, provider.outputLimit == .maxTokens else { return dialect.provider }
    return OpenAIChat(limitName: .maxTokens)
  }
}

extension ChatDialectName {
  /// Nil of a dialect that has no chats.
  init?(_ dialect: Settings.Provider.Dialect) {
    switch dialect {
    case .openai: self = .openai
    case .anthropic: self = .anthropic
    case .ollama: self = .ollama
    case .gemini: self = .gemini
    case .openInference: return nil
    }
  }
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
    let written = try translation.request(spliced, asksForUsage: deployment.injectsUsage, with: self)
    let form = AnswerForm(
      id: id, created: Int(now / 1_000), model: deployment.model, includesUsage: request.facts.includesUsage)
    return Sent(
      body: written.body,
      translated: Translated(
        translation: translation, path: written.path, headers: written.headers, dropped: written.dropped,
        form: form))
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
