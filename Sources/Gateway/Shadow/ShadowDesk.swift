import NIOConcurrencyHelpers
import Policy
import Settings

/// What the workers of a replica share about copies: how many are under way, and what they may still cost. Times are milliseconds of
/// `StateClock.monotonicMilliseconds`, money is micro-dollars.
final class ShadowDesk: Sendable {
  private struct State {
    var active = 0
    /// Whose candidates get copies now.
    var models: Set<String> = []
    var purses: [String: ShadowPurse] = [:]
    /// Until when providers have asked to be left alone.
    var pauses: [Way: Int64] = [:]
  }

  /// Where something is sent to: the candidate of a model, or whoever judges it.
  private struct Way: Hashable {
    var model: String
    var errand: ShadowCopy.Errand
  }

  private let state = NIOLockedValueBox(State())

  /// Copies under way.
  var active: Int { state.withLockedValue { $0.active } }
  /// What copies cost today, by model, as far as this replica knows.
  var spent: [String: Int64] { state.withLockedValue { $0.purses.mapValues(\.known) } }

  /// From now on these models have a candidate that gets copies.
  func apply(_ models: Set<String>) {
    state.withLockedValue { state in
      state.models = models
      for model in models where state.purses[model] == nil { state.purses[model] = ShadowPurse() }
      state.purses = state.purses.filter { models.contains($0.key) || !$0.value.isSettled }
      state.pauses = state.pauses.filter { models.contains($0.key.model) }
    }
  }

  /// Why none can be made of what comes now, however little it costs; nil where one may be. Nothing is taken.
  func obstacle(_ model: String, _ terms: Settings.Shadow, now: Int64) -> ShadowDrop? {
    state.withLockedValue { state in
      if let until = state.pauses[Way(model: model, errand: .answer)], now < until { return .cooldown }
      guard var purse = state.purses[model] else { return .budgetUnknown }
      return switch purse.reserve(0, of: Int64(terms.budget ?? 0), now: now) {
      case .reserved: nil
      case .spent: .budgetSpent
      case .unknown: .budgetUnknown
      }
    }
  }

  /// Takes a place for a copy that will probably cost so much; why there is none where there is none.
  func enter(
    _ model: String, _ errand: ShadowCopy.Errand = .answer, cost: Int64, _ terms: Settings.Shadow, now: Int64
  ) -> ShadowDrop? {
    state.withLockedValue { state in
      if let until = state.pauses[Way(model: model, errand: errand)], now < until { return .cooldown }
      guard state.active < terms.maxConcurrent else { return .full }
      switch state.purses[model]?.reserve(cost, of: Int64(terms.budget ?? 0), now: now) {
      case .reserved: break
      case .spent: return .budgetSpent
      case .unknown, nil: return .budgetUnknown
      }
      state.active += 1
      return nil
    }
  }

  /// A copy has ended.
  func leave(_ model: String, reserved: Int64, cost: Int64) {
    state.withLockedValue { state in
      state.active -= 1
      state.purses[model]?.settle(reserved, cost: cost)
    }
  }

  func pause(_ model: String, _ errand: ShadowCopy.Errand = .answer, until time: Int64) {
    let way = Way(model: model, errand: errand)
    state.withLockedValue { $0.pauses[way] = max($0.pauses[way] ?? 0, time) }
  }

  /// What is to be told of models that aren't `busy`: nothing too, as the answer says what the others spent.
  func takeUntold(besides busy: Set<String>) -> [(model: String, amount: Int64)] {
    state.withLockedValue { state in
      state.purses.keys.sorted().filter { !busy.contains($0) }.map { model in
        (model: model, amount: state.purses[model]?.takeUntold() ?? 0)
      }
    }
  }

  /// A purse that nobody needs any more is asked about no further.
  func hear(_ model: String, spent: Int64, now: Int64) {
    state.withLockedValue { state in
      state.purses[model]?.hear(spent: spent, now: now)
      if !state.models.contains(model), state.purses[model]?.isSettled == true { state.purses[model] = nil }
    }
  }
}
