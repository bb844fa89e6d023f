import Coordination
import Policy
import Settings

/// Where a request goes and why: every candidate, and what limits say. No secret and no prompt is in it.
package struct Explanation: Sendable {
  struct Asker: Sendable {
    var tenant: String
    var key: String
    var team: String?
    var user: String?
    var tier: String?
    /// Names of the models that it may ask for; nil: all.
    var models: [String]?
  }

  /// The replica that was asked; nil offline.
  struct Seen: Sendable {
    var phase: String
    var workers: Int
    /// What is known of the others' loads.
    var sight: Balancer.Sight
    /// Milliseconds since their counts were read; nil where there are no others, or nothing is known of them.
    var age: Int64?
    var isAlone: Bool
    var isStateAway: Bool
  }

  struct Model: Sendable {
    var name: String
    /// As it was asked for; nil where the request names none.
    var asked: String?
    var isStream: Bool
  }

  /// Which version of the model it would be sent to; there is none where nothing was decided about them.
  struct Version: Sendable {
    /// Nil: the model's own deployments.
    var number: Int?
    var arm: String
    var active: Int?
    var candidate: Int?
    /// The candidate's share as it was decided, and here at this moment.
    var decided: Weight?
    var weight: Weight?
    var salt: String?
    var why: String
  }

  /// Which arm of which experiment it would be in.
  struct Experiment: Sendable {
    var name: String
    /// Nil: nobody knows before it comes.
    var arm: String?
    var why: String
  }

  /// What becomes of a routing rule, in their order.
  struct Rule: Sendable {
    enum Standing: String, Sendable {
      case matches
      /// A rule before it has matched.
      case later
      case no
    }

    var label: String
    var standing: Standing
    var why: String
  }

  /// A fact of the request that some rule asks for.
  struct Fact: Sendable {
    var name: String
    var value: String
  }

  /// A deployment that may not serve this request.
  struct LeftOut: Sendable {
    var deployment: String
    var why: String
  }

  /// A budget sends the request where it costs less.
  struct Steered: Sendable {
    var limit: Limit
    /// The model that would serve without, and the one that does.
    var from: String
    var to: String
  }

  /// Several models that are asked for one answer.
  struct Ensemble: Sendable {
    var name: String
    var kind: Settings.Ensemble.Kind
    var models: [String]
    /// Answers that end it; nil of a cascade.
    var quorum: Int?
    /// Milliseconds.
    var deadline: Int64?
    var judge: String?
    /// Why one model is asked all the same.
    var obstacle: String?

    var isAsked: Bool { obstacle == nil }
  }

  struct Estimate: Sendable {
    var demand: Demand
    /// By what this worker has seen of the model, or by the rule that all begin with.
    var isPriced: Bool
  }

  /// What its data is, and who may see that.
  struct Data: Sendable {
    struct Class: Sendable {
      var name: String
      var action: DataAction
      /// Who says so: the key, the header, or what was found, by the detector's name.
      var tellers: [String]
      /// What was found of it is not sent.
      var isMasked: Bool
    }

    var classes: [Class]
    /// The deployments that may see all of them.
    var deployments: [String]
  }

  struct Cache: Sendable {
    /// Whether an answer would be kept, or served; else why not.
    var isUsed: Bool
    var words: String
    /// Of the key: whose answers it may share.
    var scope: String?
    /// The first digits of the request's hash.
    var label: String?
    var isStored = false
  }

  /// One of the models that may serve it, in their order.
  struct Stage: Sendable {
    var model: String
    /// Nil where it is the model's own deployments.
    var version: Int?
    /// How many fallbacks lie before it.
    var fallback: Int
    /// The key allows it.
    var isAllowed = true
    var balance: Settings.Model.Balance
    var affinity: Settings.Model.Affinity
    /// What affinity comes to for this request.
    var affinityWords: String?
    /// What is known of a learned choice.
    var learnedWords: String?
    var deployments: [Deployment] = []
    var candidates: [Candidate] = []
  }

  struct Deployment: Sendable {
    var name: String
    var provider: String
    var model: String
    var weight: Int
    /// Of the model's traffic, 0 to 1, where all is well.
    var share: Double
    var price: Settings.Price?
    var limits: [LimitOutlook.Line] = []
    /// Why it is passed over.
    var refusal: Refusal?
    /// Where its endpoints come from, if it has none here.
    var discovery: String?
  }

  enum Standing: String, Sendable {
    /// It is the one, or the one most often.
    case wins
    /// It is chosen too, by chance.
    case mayWin = "may win"
    /// Only after another.
    case later
    case loses
    /// It can't be chosen.
    case out
  }

  struct Candidate: Sendable {
    var endpoint: String
    var deployment: String
    var zone: String?
    var labels: [String: String]
    /// As written.
    var weight: Int
    /// Nil offline.
    var state: State?
    var score: Double?
    /// How often it is chosen among its model's endpoints, 0 to 1.
    var chance: Double
    var standing: Standing
    var why: String
    /// What one credential of the provider may use.
    var limits: [LimitOutlook.Line] = []
  }

  /// What a replica knows of an endpoint.
  struct State: Sendable {
    var breaker: String
    var isHealthy: Bool?
    var own: Int
    /// What the others had in flight; nil where that isn't known.
    var others: Int?
    /// Milliseconds to the first token, and of whole answers: peak averages.
    var firstToken: Double?
    var whole: Double?
    /// Against the pool; its load counts so many times.
    var slowness: Double
    /// What is left of its weight: less while it starts slowly.
    var share: Double
  }

  /// What the client would have.
  enum Verdict: Sendable {
    case sent(endpoint: String, deployment: String, model: String, chance: Double)
    case cached
    /// In the queue of its model.
    case waits(String)
    case refused(ExchangeError)
    case unknown(String)
  }

  var seen: Seen?
  var asker: Asker
  var path: String
  var model: Model?
  var version: Version?
  var experiment: Experiment?
  var rules: [Rule] = []
  var facts: [Fact] = []
  var leftOut: [LeftOut] = []
  /// Nil where no budget has a say.
  var steered: Steered?
  /// Nil where its rule names none.
  var ensemble: Ensemble?
  var estimate: Estimate?
  var cache: Cache?
  /// Nil where it is of no class.
  var data: Data?
  /// The caller's own limits; what they are asked for.
  var limits: [LimitOutlook.Line] = []
  var limitBasis = LimitOutlook.Basis.unknown
  var stages: [Stage] = []
  var verdict: Verdict
  /// Beyond the verdict: what whoever reads it should know.
  var notes: [String] = []

  /// Whether the request would be sent on, or answered from the cache.
  package var isServed: Bool {
    if case .refused = verdict { false } else { true }
  }
}
