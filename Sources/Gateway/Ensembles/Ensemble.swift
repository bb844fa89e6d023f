import Dialects
import Policy
import Settings

/// An ensemble of a configuration, compiled: its models by their positions.
struct Ensemble: Sendable {
  let name: String
  let kind: Settings.Ensemble.Kind
  let models: [Int]
  let checks: AnswerCheck
  /// Whoever checks a cascade's answers, or compares those of `best_of`; nil: nobody.
  let judge: Int?
  /// Nil: the kind's own.
  let quorum: Int?
  /// Nanoseconds; nil: the exchange's own deadline alone.
  let deadline: Int64?
  /// What is changed in its models' requests in the place of what the rule changes; nil: no more than that.
  let edits: VersionEdits?

  /// `parameters` of the rule that names it.
  init(
    _ ensemble: Settings.Ensemble, _ positions: [String: Int], parameters: [String: JSONLiteral]
  ) {
    (name, kind) = (ensemble.name, ensemble.kind)
    models = ensemble.models.compactMap { positions[$0] }
    checks = ensemble.verify?.checks ?? AnswerCheck()
    judge = (ensemble.judge ?? ensemble.verify?.judge).flatMap { positions[$0] }
    quorum = ensemble.quorum
    deadline = ensemble.deadline?.nanoseconds
    // Who checks how sure a model was asks it to say so.
    edits = checks.leastConfidence.map { _ in
      VersionEdits(parameters: parameters.merging(["logprobs": .bool(true)]) { own, _ in own }, prompt: nil)
    }
  }

  /// Calls that one exchange can come to, judges' and all.
  var mostCalls: Int {
    let judged = judge == nil ? 0 : models.count - 1
    return switch kind {
    case .cascade: models.count + judged
    case .vote: models.count
    case .bestOf: models.count + 2 * judged
    }
  }
}

/// Who is asked for an exchange of an ensemble: its models, as far as they may be.
struct LineUp: Sendable {
  let ensemble: Ensemble
  /// Two or more, in the order in which they are preferred.
  let models: [Int]
  let judge: Int?
  /// The deployments that may serve any call of it; nil: all.
  let permitted: DeploymentSet?
  /// What its client wants the answer's text to be; nil for plain text.
  let format: AnswerFormat?

  /// Answers that end it: of a vote, equal ones.
  var quorum: Int {
    let usual = ensemble.kind == .vote ? models.count / 2 + 1 : models.count
    return min(ensemble.quorum ?? usual, models.count)
  }

  /// Why one model is asked all the same. The raw values are labels of metrics.
  enum Obstacle: String, CaseIterable, Error {
    /// It is no chat.
    case surface
    /// Its client wants several answers.
    case choices
    /// Its provider is to keep something of it, or goes on from what it kept.
    case stateful
    /// What a model has others do, one of several that answer might have them do, too: a cascade may.
    case tools
    /// Its client chose a version.
    case pinned
    /// A budget is nearly spent.
    case steered
    /// Fewer than two of its models may serve it.
    case models
    /// No deployment of its judge may see it.
    case judge

    var words: String {
      switch self {
      case .surface: "the request is no chat"
      case .choices: "the request asks for several answers"
      case .stateful: "a provider would keep something of it"
      case .tools: "the request has tools"
      case .pinned: "the request asks for a version"
      case .steered: "a budget is nearly spent"
      case .models: "fewer than two of its models may serve the request, or cost as little as it may"
      case .judge: "no deployment of its judge may see the request"
      }
    }
  }
}
