import NIOCore

/// Decides what a request is answered: from request to play, with the log's entry. No socket, no clock.
struct Reception: Sendable {
  let simulator: Simulator
  let port: Int

  var settings: SimulatorSettings { simulator.settings }

  /// A request under way: what is played to it and what the log will say.
  struct Visit {
    var play: Play
    var entry: LogEntry
  }

  /// Takes a request of a provider's surface (not of the admin door).
  func take(_ request: HTTPRequest, at now: NIODeadline) -> Visit {
    let head = request.head
    var entry = LogEntry(
      id: 0, time: 0, port: port, path: head.route.path, model: "", isStream: false,
      keySuffix: head.keySuffix, hasAuthorization: head.authorization != nil, extras: head.extras,
      bodyBytes: request.body.readableBytes)
    if settings.keepsBodies { entry.body = String(buffer: request.body) }
    do throws(Refusal) {
      try checkKey(head)
      if head.dialect == .anthropic, head.anthropicVersion == nil {
        throw Refusal(message: "anthropic-version: header is required")
      }
      guard let target = try head.target() else {
        let reply = try list(head)
        let admission = simulator.admit(&entry, directives: [], at: now)
        return visit(.reply(reply), entry, admission, head)
      }
      guard head.method == .post else {
        throw Refusal(status: 405, message: "Not allowed to \(head.method) on \(head.route.path).")
      }
      return try answer(request, target, &entry, at: now)
    } catch {
      let admission = simulator.admit(&entry, directives: nil, at: now)
      return visit(.reply(head.dialect.reply(to: error, number: admission.id)), entry, admission, head)
    }
  }

  private func checkKey(_ head: RequestHead) throws(Refusal) {
    guard !settings.keys.isEmpty, !head.route.isOpen else { return }
    guard head.credential != nil else { throw head.dialect.noKey }
    guard settings.keys.contains(where: { head.shows($0) }) else {
      throw head.dialect.wrongKey(head.keySuffix)
    }
  }

  private func answer(
    _ request: HTTPRequest, _ target: Target, _ entry: inout LogEntry, at now: NIODeadline
  ) throws(Refusal) -> Visit {
    let (dialect, surface) = (request.head.dialect, target.surface)
    var ask = try ask(request.body, target)
    ask.model = target.model ?? ask.model
    ask.isStream = surface.isSpoken && (ask.isStream || target.isStream)
    entry.model = ask.model
    entry.isStream = ask.isStream
    try check(ask.model, dialect)
    let directives: [Directives.Found]
    do {
      directives = try Directives.find(in: request.body)
    } catch {
      throw Refusal(message: "Bad [[sim:…]] directive: \(error.reason).", code: "bad_directive")
    }
    // Counting is free.
    entry.promptTokens = surface == .countTokens ? 0 : ask.promptTokens
    let admission = simulator.admit(&entry, directives: directives, at: now)
    var rendition = rendition(ask, surface, entry, admission.behaviour)
    rendition.isFiltered = dialect == .azure && surface == .chat
    return visit(.rendition(rendition), entry, admission, request.head)
  }

  func check(_ model: String, _ dialect: Dialect) throws(Refusal) {
    guard settings.models.isEmpty || settings.models.contains(model) else { throw dialect.noModel(model) }
  }

  private func ask(_ body: ByteBuffer, _ target: Target) throws(Refusal) -> Ask {
    switch target.surface {
    case .chat, .completions, .responses: return try AskReader.read(body, model: target.model ?? "")
    case .embeddings: return try AskReader.read(body, keepsTexts: true, model: target.model ?? "")
    case .messages: return try MessagesReader.read(body)
    case .countTokens: return try MessagesReader.read(body, counts: true)
    case .ollamaChat, .ollamaGenerate, .ollamaEmbed: return try OllamaReader.read(body, as: target.surface)
    case .gemini: return try GeminiReader.read(body)
    case .infer: return try InferReader.read(body)
    }
  }

  private func rendition(
    _ ask: Ask, _ surface: Rendition.Surface, _ entry: LogEntry, _ behaviour: Behaviour
  ) -> Rendition {
    var ask = ask
    var behaviour = behaviour
    behaviour.fit(surface)
    if !surface.isSpoken { (ask.offers, ask.thinks, ask.format) = ([], false, .text) }
    if surface == .completions { ask.offers = [] }
    if surface == .responses { ask.choices = 1 }
    let tokens = surface.isSpoken ? behaviour.tokens ?? settings.tokens : 0
    var rendition = Rendition(
      surface: surface, number: entry.id, model: escaped(ask.model), isStream: entry.isStream,
      includesUsage: ask.includesUsage,
      answer: Answer(to: ask, tokens: tokens, seed: settings.seed, behaviour: behaviour))
    if surface == .embeddings { rendition.vectors = EmbeddingList(ask) }
    rendition.document = document(surface, ask)
    return rendition
  }

  /// The whole answer of surfaces where nothing is spoken.
  private func document(_ surface: Rendition.Surface, _ ask: Ask) -> String {
    let document: JSONValue
    switch surface {
    case .countTokens: document = ["input_tokens": .int(ask.promptTokens)]
    case .ollamaEmbed:
      let list = EmbeddingList(ask)
      let vectors = ask.texts.map { text in JSONValue.array(list.vector(of: text).map { .number("\($0)") }) }
      document = [
        "model": .string(ask.model), "embeddings": .array(vectors), "total_duration": .int(3_000_000),
        "load_duration": .int(1_000_000), "prompt_eval_count": .int(ask.promptTokens),
      ]
    case .infer:
      guard case .object(let outputs) = ask.outputs else { return "" }
      let members: [JSONValue.Member] = [
        .init(key: "model_name", value: .string(ask.model)), .init(key: "model_version", value: "1"),
      ]
      document = .object(members + outputs)
    case .chat, .completions, .embeddings, .responses, .messages, .ollamaChat, .ollamaGenerate, .gemini:
      return ""
    }
    return document.description
  }

  private func visit(
    _ content: Play.Content, _ entry: LogEntry, _ admission: Simulator.Admission, _ head: RequestHead
  ) -> Visit {
    var play = Play(content, number: admission.id, random: admission.random)
    play.dialect = head.dialect
    play.fault = admission.behaviour.fault
    play.ttft = admission.behaviour.ttft ?? settings.ttft
    play.perToken = admission.behaviour.perToken ?? settings.perToken
    play.slowdown = settings.slowdown
    play.keepsAlive = head.keepsAlive
    return Visit(play: play, entry: entry)
  }
}

extension Behaviour {
  /// Leaves out what a surface has no place for: only chats think and call, and a Response is one item.
  fileprivate mutating func fit(_ surface: Rendition.Surface) {
    switch surface {
    case .chat, .messages, .ollamaChat, .gemini: break
    case .ollamaGenerate: (tool, calls) = (nil, nil)
    case .completions: (tool, calls, thinking) = (nil, nil, 0)
    case .responses:
      thinking = 0
      (text, refusal) = (refusal ?? text, nil)
      if tool != nil { text = nil }
      calls = text == nil ? calls.map { min($0, 1) } : 0
    case .embeddings, .countTokens, .ollamaEmbed, .infer: self = Behaviour()
    }
  }
}
