import Policy
import Settings
import Telemetry
import Testing

@testable import Gateway

/// Choices among a model's deployments by what was learned of them.
struct LearnedPoolTests {
  private static let yaml = """
    server: { host: 127.0.0.1 }
    providers:
      gpus: { dialect: openai, endpoints: [ "http://a/v1", "http://b/v1" ] }
      cloud: { dialect: openai, base_url: "https://d/v1" }
    deployments:
      small: { provider: gpus, model: s, price: { input: 1, output: 2 } }
      large: { provider: cloud, model: l, price: { input: 10, output: 20 } }
    models:
      m: { balance: learned, deployments: [ { name: small, weight: 3 }, large ], learned: { explore: 10%, min_samples: 100 } }
      plain: { deployments: [small, large] }
    """
  private static let (large, small) = (0, 1)

  private func snapshot(_ yaml: String = yaml, former: Snapshot? = nil) throws -> Snapshot {
    Snapshot(try settings(yaml), epoch: 1 + (former?.epoch ?? 0), former: former)
  }

  /// Code, or none.
  private func features(_ isCode: Bool) -> ChoiceFeatures {
    var facts = RequestFacts(surface: .chatCompletions)
    facts.prompt = PromptFacts()
    facts.prompt?.hasCode = isCode
    return ChoiceFeatures(facts)
  }

  /// Large is good at code, small at the rest; all were drawn, all alike.
  private func teach(_ learned: LearnedPool, _ rounds: Int = 300) {
    for round in 0..<rounds * 4 {
      let (arm, isCode) = (round % 2, round / 2 % 2 == 0)
      let context = ChoiceContext(features: features(isCode), arm: arm, propensity: 0.5, least: 0.5)
      learned.desk.learn((arm == Self.large) == isCode ? 0.9 : 0.1, context, learned.terms)
      if round % 50 == 49 { _ = learned.desk.refresh(learned.terms) }
    }
  }

  private func shares(_ view: PoolView, _ ask: PoolView.Ask, _ count: Int = 4_000) -> [Double] {
    var (random, counts) = (Chance(seed: 9), [0.0, 0, 0])
    for _ in 0..<count {
      if let place = view.choose(ask, random: &random) { counts[place.endpoint] += 1 / Double(count) }
    }
    return counts
  }

  @Test func armsAreInTheOrderOfTheirNames() throws {
    let learned = try #require(try snapshot().pools[0].learned)
    #expect(learned.names == ["large", "small"])
    #expect(learned.deployments == [1, 0])
    #expect(learned.arms == [Self.small, Self.small, Self.large])
    #expect(try snapshot().pools[1].learned?.names == nil)
  }

  @Test func beforeAnythingIsLearnedWeightsDecide() throws {
    let view = PoolView(try snapshot().pools[0])
    let shares = shares(view, .init(features: features(true)))
    // 0.9 · 3/4 + 0.05, over two endpoints.
    #expect(abs(shares[0] + shares[1] - 0.725) < 0.03 && abs(shares[2] - 0.275) < 0.03, "\(shares)")
    #expect(abs(shares[0] - shares[1]) < 0.05)
    let drawn = try #require(view.drawn)
    #expect(drawn.standing == .gathering && abs(drawn.context.least - 0.275) < 1e-9)
    #expect(abs(drawn.context.propensity - (drawn.context.arm == Self.large ? 0.275 : 0.725)) < 1e-9)
  }

  @Test func whatIsLearnedDecides() throws {
    let pool = try snapshot().pools[0]
    let learned = try #require(pool.learned)
    teach(learned)
    #expect(learned.desk.standing.verdict.standing == .steering)
    let view = PoolView(pool)
    let code = shares(view, .init(features: features(true)))
    #expect(abs(code[2] - 0.95) < 0.02, "\(code)")
    let rest = shares(view, .init(features: features(false)))
    #expect(abs(rest[0] + rest[1] - 0.95) < 0.02, "\(rest)")
    let drawn = try #require(view.drawn)
    #expect(drawn.standing == .steering && abs(drawn.context.least - 0.05) < 1e-9)
  }

  /// One that can't be chosen is not, and what is chosen then says nothing of the choice.
  @Test func whatIsOutIsNotDrawn() throws {
    let pool = try snapshot().pools[0]
    teach(try #require(pool.learned))
    let view = PoolView(pool)
    let ask = PoolView.Ask(shares: [1, 1, 0], features: features(true))
    #expect(shares(view, ask, 200)[2] == 0)
    let drawn = try #require(view.drawn)
    #expect(drawn.context.least == 0 && drawn.context.arm == Self.small && drawn.context.propensity > 0.999)
    var random = Chance(seed: 1)
    #expect(view.choose(.init(shares: [0, 0, 0], features: features(true)), random: &random) == nil)
    #expect(view.drawn?.model == nil)
    // A retry goes by load, and nothing is drawn for it.
    #expect(view.choose(.init(), random: &random) != nil)
    #expect(view.drawn?.model == nil)
  }

  /// A deployment whose breaker has just closed is not sent all at once, however good it is.
  @Test func whatIsLearnedDoesNotHurryWhatStartsSlowly() throws {
    let pool = try snapshot().pools[0]
    teach(try #require(pool.learned))
    let view = PoolView(pool)
    let code = shares(view, .init(shares: [1, 1, 0.1], features: features(true)))
    // 0.9 · 0.1 + 0.05
    #expect(abs(code[2] - 0.14) < 0.02, "\(code)")
    let drawn = try #require(view.drawn)
    #expect(abs(drawn.context.propensity - (drawn.context.arm == Self.large ? 0.14 : 0.86)) < 1e-9)
  }

  @Test func anOutcomeIsItsDeploymentsOwn() {
    let context = ChoiceContext(features: features(true), arm: 0, propensity: 0.5, least: 0.5)
    var drawn = DrawnDeployment(context: context, standing: .gathering)
    #expect(drawn.quality(attempts: 1, isAlone: true, .none) == 1)
    #expect(drawn.quality(attempts: 1, isAlone: true, .provider) == 0)
    for source in [ErrorSource.client, .policy, .switchyard] {
      #expect(drawn.quality(attempts: 1, isAlone: true, source) == nil)
    }
    #expect(drawn.quality(attempts: 1, isAlone: false, .none) == nil)
    // Another was tried behind it.
    drawn.end = .transport(.brokenStream)
    #expect(drawn.quality(attempts: 2, isAlone: false, .none) == 0)
    drawn.end = .local
    #expect(drawn.quality(attempts: 2, isAlone: false, .none) == nil)
  }

  @Test func aReloadKeepsWhatWasLearnedAndSwitchesItOffAtOnce() throws {
    let first = try snapshot()
    teach(try #require(first.pools[0].learned))
    let off = Self.yaml.replacing("min_samples: 100", with: "min_samples: 100, steering: never")
    let stopped = try snapshot(off, former: first)
    let learned = try #require(stopped.pools[0].learned)
    #expect(learned.desk === first.pools[0].learned?.desk)
    let view = PoolView(stopped.pools[0])
    #expect(abs(shares(view, .init(features: features(true)))[2] - 0.275) < 0.03)
    #expect(view.drawn?.standing == .stopped)
    #expect(learned.desk.refresh(learned.terms).verdict.standing == .stopped)
    let again = try snapshot(former: stopped)
    let desk = try #require(again.pools[0].learned)
    #expect(desk.desk.refresh(desk.terms).verdict.standing == .steering)
    // Another worth of an answer is learned anew.
    let dearer = Self.yaml.replacing("min_samples: 100", with: "min_samples: 100, cost: 0.5")
    #expect(try snapshot(dearer, former: first).pools[0].learned?.desk !== first.pools[0].learned?.desk)
  }

  /// What is found by name may be away, and comes back to what was learned of it.
  @Test func aDeploymentWithoutEndpointsKeepsItsPlace() throws {
    let away = Self.yaml.replacing("base_url: \"https://d/v1\"", with: "discover: { dns: \"d.example:1\" }")
    let first = try snapshot(away)
    let learned = try #require(first.pools[0].learned)
    #expect(learned.names == ["large", "small"] && learned.arms == [Self.small, Self.small])
    teach(learned)
    let view = PoolView(first.pools[0])
    #expect(abs(shares(view, .init(features: features(true)), 200)[2]) == 0)
    #expect(view.drawn?.context.least == 0 && view.drawn?.context.arm == Self.small)
  }

  @Test func costsAreThoseOfTheSameTokensAtTheDearest() throws {
    let learned = try #require(try snapshot().pools[0].learned)
    #expect(learned.costShare(of: Self.large, input: 1, output: 1, at: 0) == 1)
    #expect(abs(learned.costShare(of: Self.small, input: 1, output: 1, at: 0) - 0.1) < 1e-9)
  }

  @Test func explainingSaysWhatChoosingDoes() throws {
    let pool = try snapshot().pools[0]
    let learned = try #require(pool.learned)
    let view = PoolView(pool)
    for isTaught in [false, true] {
      if isTaught {
        teach(learned)
        view.tick(0, .fresh)
      }
      for isCode in [false, true] {
        let ask = PoolView.Ask(features: features(isCode))
        let told = view.survey(ask).candidates.map(\.chance)
        for (chance, share) in zip(told, shares(view, ask)) {
          #expect(abs(chance - share) < 0.04, "\(told)")
        }
      }
    }
    #expect(learned.desk.standing.verdict.words(learned.names).hasSuffix("it decides"))
  }
}
