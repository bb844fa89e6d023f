import Policy
import Settings

/// How a choice among a model's endpoints would fall, by the code that makes it: nothing is changed by it.
struct PoolSurvey {
  /// Why an endpoint can't be chosen.
  enum Loss: Equatable {
    /// It was tried already, or no limit of its deployment has room.
    case spent
    /// Its deployment may not serve this request.
    case notPermitted
    /// Its breaker, its cooldown, its credential, its checks or a pause of the caller.
    case out
    /// It has as many requests as it takes.
    case full
    /// A cheaper one is left.
    case dearer
    /// It stands in another zone, and one of the own zone is idle.
    case far
  }

  struct Candidate {
    var member: ModelPool.Member
    /// With the weight that is left, and what is in flight as it counts.
    var option: Balancer.Option
    var loss: Loss?
    /// Nil where loads don't decide, or it can't be chosen.
    var score: Double?
    /// How often it is chosen as things stand, 0 to 1.
    var chance: Double
    var isPreferred = false
  }

  var candidates: [Candidate]
  /// What is to stay together is kept at one endpoint: it is the preferred one, and has room.
  var isByAffinity = false
  /// The preferred one has more than its share to do.
  var isPreferredBusy = false

  /// The one that is chosen most often.
  var best: Candidate? {
    let best = candidates.max { $0.chance < $1.chance }
    return best.flatMap { $0.chance > 0 ? $0 : nil }
  }
}

extension PoolView {
  /// `turnless`: nobody knows whose turn it is, so that all are alike.
  func survey(_ ask: Ask, turnless: Bool = false) -> PoolSurvey {
    let members = pool.members
    guard members.count != 1 else { return surveyOne(ask) }
    let before = options
    defer { options = before }
    weigh(ask)
    var survey = PoolSurvey(
      candidates: zip(members, options).enumerated().map { index, pair in
        let loss: PoolSurvey.Loss? =
          pair.1.weight > 0
          ? nil
          : !ask.spent.permits(pair.0.place)
            ? .notPermitted
            : ask.spent.contains(pair.0.place)
              ? .spent : ask.shares?[index] == 0 ? .out : isFull(index, ask) ? .full : .dearer
        return .init(member: pair.0, option: pair.1, loss: loss, chance: 0)
      })
    if noteAffinity(ask, in: &survey) { return survey }
    if let features = ask.features, let found = odds(features) {
      note(found.odds, ask.sight, in: &survey)
      return survey
    }
    let way = turnless && pool.balance == .roundRobin ? .equalChance : way(turn: pool.turns.coming)
    if hasFar, way.heedsLoad {
      preferNear(ask.sight)
      for index in options.indices where options[index].weight == 0 && survey.candidates[index].loss == nil {
        survey.candidates[index].loss = .far
      }
    }
    for index in options.indices {
      survey.candidates[index].score = Balancer.score(options[index], by: way, ask.sight)
    }
    for (index, chance) in Self.chances(options, by: way, ask.sight).enumerated() {
      survey.candidates[index].chance = chance
    }
    return survey
  }

  /// A deployment is drawn first, then one of its endpoints by load.
  private func note(_ odds: ChoiceOdds, _ sight: Balancer.Sight, in survey: inout PoolSurvey) {
    let open = options
    for arm in 0..<ChoiceTerms.mostArms where odds.shares[arm] > 0 {
      options = open
      leave(arm)
      if hasFar { preferNear(sight) }
      for (index, chance) in Self.chances(options, by: .leastConnections, sight).enumerated() {
        survey.candidates[index].chance += odds.shares[arm] * chance
      }
    }
  }

  private func surveyOne(_ ask: Ask) -> PoolSurvey {
    let member = pool.members[0]
    var option = options[0]
    (option.own, option.others) = (member.endpoint.inFlight, member.endpoint.others)
    let loss: PoolSurvey.Loss? =
      !ask.spent.permits(member.place)
      ? .notPermitted
      : ask.spent.contains(member.place)
        ? .spent : ask.shares?[0] == 0 ? .out : isFull(0, ask) ? .full : nil
    if loss != nil { option.weight = 0 }
    return PoolSurvey(candidates: [
      .init(member: member, option: option, loss: loss, chance: loss == nil ? 1 : 0)
    ])
  }

  /// Whether affinity decides.
  private func noteAffinity(_ ask: Ask, in survey: inout PoolSurvey) -> Bool {
    guard let key = ask.key,
      let preferred = Affinity().preferred(options, names: pool.hashes, key: key)?.position
    else { return false }
    survey.candidates[preferred].isPreferred = true
    guard let chosen = Affinity().choose(options, names: pool.hashes, key: key, ask.sight) else {
      survey.isPreferredBusy = true
      return false
    }
    survey.candidates[chosen].chance = 1
    survey.isByAffinity = true
    return true
  }

  /// How often each is chosen, by choosing many times.
  private static func chances(_ options: [Balancer.Option], by way: Balancer.Way, _ sight: Balancer.Sight)
    -> [Double]
  {
    let draws = max(20, min(1_000, 100_000 / max(1, options.count)))
    var (random, counts) = (Chance(seed: 1), options.map { _ in 0 })
    for _ in 0..<draws {
      guard let chosen = Balancer().choose(options, by: way, sight, random: &random) else { break }
      counts[chosen] += 1
    }
    return counts.map { Double($0) / Double(draws) }
  }
}
