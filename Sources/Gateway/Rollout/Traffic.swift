import Dialects
import Policy
import Synchronization

/// What a model's exchanges took of providers since it was last told, counted by all workers of the replica.
final class Traffic: Sendable {
  struct Count: Equatable, Sendable {
    var requests: Int64 = 0
    var inputTokens: Int64 = 0
    var outputTokens: Int64 = 0
    var cost: Int64 = 0

    var words: [String: Int64] {
      ModelTraffic.words(
        requests: requests, inputTokens: inputTokens, outputTokens: outputTokens, cost: cost)
    }
  }

  private let requests = Atomic<Int64>(0)
  private let inputTokens = Atomic<Int64>(0)
  private let outputTokens = Atomic<Int64>(0)
  private let cost = Atomic<Int64>(0)

  /// `cost` is in micro-dollars.
  func add(_ usage: Usage?, cost: Int64) {
    let usage = usage ?? Usage()
    add(
      Count(requests: 1, inputTokens: Int64(usage.input), outputTokens: Int64(usage.output), cost: cost))
  }

  /// What was taken and could not be told counts again.
  func add(_ count: Count) {
    requests.wrappingAdd(count.requests, ordering: .relaxed)
    inputTokens.wrappingAdd(count.inputTokens, ordering: .relaxed)
    outputTokens.wrappingAdd(count.outputTokens, ordering: .relaxed)
    cost.wrappingAdd(count.cost, ordering: .relaxed)
  }

  func take() -> Count {
    Count(
      requests: requests.exchange(0, ordering: .relaxed),
      inputTokens: inputTokens.exchange(0, ordering: .relaxed),
      outputTokens: outputTokens.exchange(0, ordering: .relaxed), cost: cost.exchange(0, ordering: .relaxed))
  }
}
