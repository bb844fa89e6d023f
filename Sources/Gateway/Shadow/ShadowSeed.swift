import Dialects
import Policy

/// What is kept of an exchange until its client has its answer, so that its request can be sent to a candidate too.
struct ShadowSeed {
  /// Of the candidate, in the routing table.
  let position: Int
  let request: PeekedRequest
  let body: PaddedBytes
  /// What the client wants the answer's text to be; nil for plain text.
  let format: AnswerFormat?
  /// What the client was sent, once that is whole; nil where it was another model's.
  var answer: KeptAnswer?
  /// What a rule changes in the request.
  var ruleEdits: VersionEdits?

  var surface: Surface { request.facts.surface }
}

/// What both sides of a pair said, for whoever judges which is better.
struct ShadowPair {
  let candidate: AnswerText
  let baseline: AnswerText

  /// Whether there is something to compare. Refusals are judged by themselves.
  var isText: Bool {
    ![candidate, baseline].contains { $0.text.isEmpty || $0.isRefusal }
  }
}

/// An answer as far as it is compared.
struct KeptAnswer {
  /// Nil where nothing was kept.
  let recording: AnswerRecording?
  let isEvents: Bool
  let finishReason: String?

  init(_ attempt: Attempt) {
    (recording, isEvents, finishReason) = (attempt.recording, attempt.kind == .events, attempt.finishReason)
  }
}

/// Why an exchange that was to be copied is not, or why nobody is asked about a copy. The raw values are labels of metrics.
enum ShadowDrop: String, CaseIterable, Error {
  /// Its model may have others do something, and that would happen twice.
  case tools
  /// The provider is to keep something of it, or goes on from what it kept.
  case stateful
  /// Its client wants nothing of it kept.
  case noStore = "no_store"
  /// It says nothing of the baseline: it failed by its client's fault, or was answered from the cache. Of a request that is looked at again:
  /// it was refused, or failed.
  case noEvidence = "no_evidence"
  /// This replica has too much to do for its clients.
  case busy
  case draining
  /// As many copies as there may be are under way.
  case full
  /// No endpoint of the candidate is closed, healthy and far from full.
  case noEndpoint = "no_endpoint"
  /// The provider has asked to be left alone.
  case cooldown
  /// Its deployment's limits, or its credential's, have no room.
  case limited
  case budgetSpent = "budget_spent"
  /// Nobody knows what the other replicas have spent.
  case budgetUnknown = "budget_unknown"
  /// The candidate's deployment, or the judge's, has no price, so that no budget holds.
  case unpriced
  /// The dialect of the candidate's provider, or the judge's, has no words for it.
  case notCarried = "not_carried"

  // Of questions alone.

  /// It would judge a version of its own.
  case ownVersion = "own_version"
  /// It is served by none of the deployments that the request may go to.
  case notPermitted = "not_permitted"
  /// The conversation, or one of the answers, is not text alone; or one side refuses.
  case noText = "no_text"
  /// There is too much to read.
  case tooLong = "too_long"
}
