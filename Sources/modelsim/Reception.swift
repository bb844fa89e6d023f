import NIOCore

/// Decides what a request is answered: from request to play, with the log's entry. No socket, no clock.
struct Reception: Sendable {
  let simulator: Simulator
  let port: Int

  private var settings: SimulatorSettings { simulator.settings }

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
      guard let surface = surface(head.route) else { return try list(head, &entry, at: now) }
      guard head.method == .post else {
        throw Refusal(.error(405, "Not allowed to \(head.method) on \(head.route.path)."))
      }
      return try answer(request, surface, &entry, at: now)
    } catch {
      let admission = simulator.admit(&entry, directives: nil, at: now)
      return visit(.reply(error.reply), entry, admission, head)
    }
  }

  /// A reason to answer with an error.
  private struct Refusal: Error {
    var reply: Reply

    init(_ reply: Reply) {
      self.reply = reply
    }
  }

  private func checkKey(_ head: RequestHead) throws(Refusal) {
    guard !settings.keys.isEmpty else { return }
    guard let authorization = head.authorization else {
      throw Refusal(.error(401, "You didn't provide an API key.", code: "invalid_api_key"))
    }
    guard settings.keys.contains(where: { authorization == "Bearer " + $0 }) else {
      throw Refusal(
        .error(401, "Incorrect API key provided: ****\(head.keySuffix).", code: "invalid_api_key"))
    }
  }

  private func surface(_ route: Route) -> Rendition.Surface? {
    switch route {
    case .chat: .chat
    case .completions: .completions
    case .embeddings: .embeddings
    case .responses: .responses
    case .models, .model, .health, .metrics, .admin, .unknown: nil
    }
  }

  private func answer(
    _ request: HTTPRequest, _ surface: Rendition.Surface, _ entry: inout LogEntry, at now: NIODeadline
  ) throws(Refusal) -> Visit {
    let ask = try ask(request, surface)
    entry.model = ask.model
    entry.isStream = ask.isStream && surface != .embeddings
    guard settings.models.isEmpty || settings.models.contains(ask.model) else { throw noModel(ask.model) }
    let directives: [Directives.Found]
    do {
      directives = try Directives.find(in: request.body)
    } catch {
      throw Refusal(.error(400, "Bad [[sim:…]] directive: \(error.reason).", code: "bad_directive"))
    }
    entry.promptTokens = ask.promptTokens
    let admission = simulator.admit(&entry, directives: directives, at: now)
    let rendition = rendition(ask, surface, entry, tokens: admission.behaviour.tokens ?? settings.tokens)
    return visit(.rendition(rendition), entry, admission, request.head)
  }

  private func ask(_ request: HTTPRequest, _ surface: Rendition.Surface) throws(Refusal) -> Ask {
    do {
      return try AskReader.read(request.body, keepsTexts: surface == .embeddings)
    } catch {
      throw Refusal(.error(400, error.message, parameter: error.parameter))
    }
  }

  private func rendition(_ ask: Ask, _ surface: Rendition.Surface, _ entry: LogEntry, tokens: Int)
    -> Rendition
  {
    var ask = ask
    if surface == .completions { ask.tool = nil }
    if surface == .responses { ask.choices = 1 }
    var rendition = Rendition(
      surface: surface, number: entry.id, model: escaped(ask.model), isStream: entry.isStream,
      includesUsage: ask.includesUsage,
      answer: Answer(to: ask, tokens: surface == .embeddings ? 0 : tokens, seed: settings.seed))
    if surface == .embeddings {
      rendition.vectors = EmbeddingList(
        texts: ask.texts, dimensions: min(ask.dimensions ?? 64, EmbeddingList.mostDimensions),
        isBase64: ask.wantsBase64)
    }
    return rendition
  }

  private func visit(
    _ content: Play.Content, _ entry: LogEntry, _ admission: Simulator.Admission, _ head: RequestHead
  ) -> Visit {
    var play = Play(content, number: admission.id, random: admission.random)
    play.fault = admission.behaviour.fault
    play.ttft = admission.behaviour.ttft ?? settings.ttft
    play.perToken = admission.behaviour.perToken ?? settings.perToken
    play.slowdown = settings.slowdown
    play.keepsAlive = head.keepsAlive
    return Visit(play: play, entry: entry)
  }

  private func noModel(_ name: String) -> Refusal {
    Refusal(
      .error(
        404, "The model '\(name)' does not exist or you do not have access to it.", code: "model_not_found"))
  }
}

// MARK: - Models

extension Reception {
  private func list(_ head: RequestHead, _ entry: inout LogEntry, at now: NIODeadline) throws(Refusal)
    -> Visit
  {
    let reply: Reply
    switch head.route {
    case .models where head.method == .get:
      let data = settings.listedModels.map(Self.model)
      reply = .json(["object": "list", "data": .array(data)])
    case .model(let name) where head.method == .get:
      guard settings.models.isEmpty || settings.models.contains(name) else { throw noModel(name) }
      reply = .json(Self.model(name))
    default:
      throw Refusal(.error(404, "Unknown request URL: \(head.route.path).", code: "unknown_url"))
    }
    let admission = simulator.admit(&entry, directives: [], at: now)
    return visit(.reply(reply), entry, admission, head)
  }

  private static func model(_ name: String) -> JSONValue {
    [
      "id": .string(name), "object": "model", "created": .number(Rendition.created.description),
      "owned_by": "modelsim",
    ]
  }
}
