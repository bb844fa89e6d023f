import Coordination
import Dialects
import Policy

/// The attempts of one exchange: what came of those before, and what is next.
struct AttemptCourse {
  let request: PeekedRequest
  let body: PaddedBytes
  /// The one that was asked for: limits and rules go by it, whichever version it is.
  let model: Int
  let principal: Principal
  var plan: AttemptPlan
  var next = AttemptPlan.Next.stop(.candidatesSpent)
  /// The last that failed.
  var last: (attempt: Attempt, verdict: Classification)?
  /// Of those whose limits had no room, the refusal that ends first.
  var full: Refusal?
  /// What the next attempt's provider is sent, where it speaks another dialect than the client.
  var translated: (deployment: Int, model: Int, sent: Sent)?
  /// Why a provider has no words for the request.
  var notCarried: PeekError?

  var facts: RequestFacts { request.facts }
}
