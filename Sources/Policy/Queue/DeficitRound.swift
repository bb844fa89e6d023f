/// Weighted deficit round robin (Shreedhar and Varghese, 1995) with a quantum of one token for each unit of weight: flows that always
/// have something get tokens in the ratio of their weights, to within their largest request.
///
/// With so small a quantum a turn needs thousands of rounds; so they are computed and not run.
struct DeficitRound: Sendable {
  /// A flow that takes part.
  struct Flow: Sendable {
    var weight: Int64
    /// Tokens of what it would send next; nil where it has nothing to send at this moment.
    var cost: Int64?
    /// Tokens that it has been given and has not sent.
    var deficit: Int64

    /// Rounds until it has been given enough.
    fileprivate var rounds: Int64? {
      cost.map { max(0, ($0 - deficit + weight - 1) / weight) }
    }
  }

  /// The flow whose turn it is by its place; nil where none has anything. It pays, and the next round begins with it. `cursor`: the flow
  /// that the last round ended with.
  static func next(_ flows: inout [Flow], cursor: inout Int) -> Int? {
    let begin = flows.isEmpty ? 0 : cursor % flows.count
    var chosen: (place: Int, step: Int, rounds: Int64)?
    for step in flows.indices {
      let place = (begin + step) % flows.count
      guard let rounds = flows[place].rounds else { continue }
      if chosen.map({ rounds < $0.rounds }) ?? true { chosen = (place, step, rounds) }
    }
    guard let chosen else { return nil }
    for step in flows.indices {
      let place = (begin + step) % flows.count
      guard flows[place].cost != nil else { continue }
      let visits = step <= chosen.step ? chosen.rounds : max(0, chosen.rounds - 1)
      flows[place].deficit += visits * flows[place].weight
    }
    flows[chosen.place].deficit -= flows[chosen.place].cost ?? 0
    cursor = chosen.place
    return chosen.place
  }
}
