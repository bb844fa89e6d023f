import Dialects
import Policy
import Settings

/// What is known of a request when the rules are asked.
struct RuleInput {
  let request: RequestFacts
  let head: RequestHead
  let principal: Principal
  let classes: DataClassSet
  /// As limits estimate them; nil where nobody asks.
  let inputTokens: Int64?
  /// How full that model is, in millionths; nil where that isn't known.
  let load: Int64?
  /// Milliseconds since 1970.
  let now: Int64
  /// Its session has rejected its last answer.
  var hasRejected = false

  /// Sets down what the rules ask for, and nothing else.
  func fill(_ facts: inout RuleFacts, for table: RuleTable) {
    for (place, text) in table.matcher.texts.enumerated() { facts.set(text: place, to: value(of: text)) }
    facts.classes = classes
    facts.now = now / 1_000
    facts[.inputTokens] = inputTokens.map(RuleFacts.millionths)
    facts[.maxOutputTokens] = request.maxOutputTokens.map { RuleFacts.millionths(Int64($0)) }
    facts[.turns] = RuleFacts.millionths(Int64(request.messages))
    facts[.load] = load
    facts[.complexity] = request.prompt.map { Int64(($0.complexity * 1_000_000).rounded()) }
    facts[.requiresVision] = request.images > 0
    facts[.requiresTools] = request.tools > 0
    facts[.requiresJSON] = request.wantsJSON
    facts[.code] = request.prompt?.hasCode ?? false
    facts[.stream] = request.stream
    facts[.rejected] = hasRejected
  }

  /// What the caller says of itself counts where its key says nothing; what it says of the task, before what the text tells.
  private func value(of text: RuleText) -> String? {
    switch text {
    case .model: request.model
    case .taskType:
      said(.xTaskType, text.name).map { TaskKind(name: $0)?.rawValue ?? $0 } ?? request.prompt?.task?.rawValue
    case .domain:
      request.metadatum(text.name).map { Domain(name: $0)?.rawValue ?? $0 }
        ?? request.prompt?.domain?.rawValue
    case .language: request.prompt?.language
    case .userTier: principal.tier ?? request.metadatum(text.name)
    case .taskValue: said(.xTaskValue, text.name)
    case .optimize: said(.xOptimize, text.name)
    case .tenant: principal.tenant
    case .team: principal.team
    case .key: principal.key
    case .header(let name): head.value(named: name)
    case .metadata(let name): request.metadatum(name)
    }
  }

  private func said(_ header: HeaderName, _ name: String) -> String? {
    head.string(header) ?? request.metadatum(name)
  }
}

extension RequestHead {
  /// Of the first header of this name, which is in small letters.
  func value(named name: String) -> String? {
    var found: String?
    forEachField { _, field, value in
      guard found == nil, field.count == name.utf8.count,
        zip(field, name.utf8).allSatisfy({ (0x41...0x5a ~= $0 ? $0 | 0x20 : $0) == $1 })
      else { return }
      found = String(decoding: value, as: UTF8.self)
    }
    return found
  }
}

extension Snapshot {
  /// The model that is asked for, as far as that is known before the rules.
  func likelyModel(_ facts: RequestFacts) -> Int? {
    facts.model.map { table.positions[$0] } ?? table.defaultModel
  }

  /// The estimate that limits would go by.
  func inputTokens(_ facts: RequestFacts, of model: Int?, _ estimators: [String: TokenEstimator]) -> Int64 {
    (model.flatMap { estimators[models[$0].name] } ?? TokenEstimator()).input(facts)
  }

  /// The part of a model's places that is taken, in millionths; nil where an endpoint takes as many requests as come.
  func load(ofModel model: Int) -> Int64? {
    var (taken, room) = (0, 0)
    for member in pools[model].members {
      guard let capacity = capacities[member.place.endpoint] else { return nil }
      taken += member.endpoint.inFlight + member.endpoint.others
      room += capacity
    }
    return room > 0 ? Int64(taken) * 1_000_000 / Int64(room) : nil
  }
}

extension Peek {
  /// What rules and learned choices ask of requests, and nothing else, is read of the next one.
  func ask(for snapshot: Snapshot) {
    metadataNames = snapshot.rules?.metadataNames ?? []
    let asksPrompt = snapshot.isLearning || snapshot.rules?.asksPrompt == true
    readsPrompt = asksPrompt ? snapshot.settings.routing.complexity.rules : nil
    complexityModel = snapshot.rules?.complexityModel
  }
}
