import NIOConcurrencyHelpers
import Policy

/// What a replica knows of a model's deployments: what its workers have learned, what the others told, and what follows from both.
final class ChoiceDesk: Sendable {
  /// What choices are made by.
  struct Standing: Sendable {
    var model: ChoiceModel
    var verdict: ChoiceVerdict
  }

  /// What another replica told last.
  struct Other: Sendable {
    var sequence: Int64
    var sums: ChoiceSums
  }

  private struct State {
    var own: ChoiceLedger
    var others: [String: Other] = [:]
    var isStopped = false
    var standing: Standing
    var isChanged = true
  }

  /// Of what is learned: see `ChoiceTerms.edition`.
  let edition: String
  let arms: Int
  private let state: NIOLockedValueBox<State>

  init(edition: String, arms: Int, _ terms: ChoiceTerms) {
    (self.edition, self.arms) = (edition, arms)
    let own = ChoiceLedger(arms: arms)
    let standing = Standing(model: ChoiceModel(own.sums), verdict: ChoiceVerdict(own.sums, terms))
    state = NIOLockedValueBox(State(own: own, standing: standing))
  }

  var standing: Standing { state.withLockedValue { $0.standing } }

  // MARK: Learning

  /// Takes what an answer was worth. About two microseconds, behind the answer.
  func learn(_ reward: Double, _ context: ChoiceContext, _ terms: ChoiceTerms) {
    state.withLockedValue { state in
      state.own.learn(reward, context, by: state.standing.model, explore: terms.exploration)
      state.isChanged = true
    }
  }

  /// Makes anew what choices are made by, where something has changed. To be called once a second.
  func refresh(_ terms: ChoiceTerms) -> Standing {
    let (sums, former, isStopped) = state.withLockedValue { state in
      defer { state.isChanged = false }
      var sums: ChoiceSums?
      if state.isChanged { sums = state.others.values.reduce(into: state.own.sums) { $0 += $1.sums } }
      return (sums, state.standing, state.isStopped)
    }
    guard let sums else { return former }
    let standing = Standing(
      model: ChoiceModel(sums), verdict: ChoiceVerdict(sums, terms, isStopped: isStopped))
    state.withLockedValue { $0.standing = standing }
    return standing
  }

  /// Other terms are in force.
  func noteTerms() { state.withLockedValue { $0.isChanged = true } }

  // MARK: Other replicas

  /// All that this replica has learned itself.
  var own: ChoiceSums { state.withLockedValue { $0.own.sums } }
  func other(_ replica: String) -> Other? { state.withLockedValue { $0.others[replica] } }

  func take(_ others: [String: Other], isStopped: Bool) {
    state.withLockedValue { state in
      (state.others, state.isStopped, state.isChanged) = (others, isStopped, true)
    }
  }

  /// What another replica had told is this one's from now on.
  func adopt(_ sums: ChoiceSums, of replica: String) {
    state.withLockedValue { state in
      state.others[replica] = nil
      state.own.adopt(sums)
      state.isChanged = true
    }
  }

  /// Another replica has taken over what this one had told: it begins anew.
  func restart() {
    state.withLockedValue { ($0.own, $0.isChanged) = (ChoiceLedger(arms: arms), true) }
  }
}
