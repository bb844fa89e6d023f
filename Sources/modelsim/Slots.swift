import NIOConcurrencyHelpers

/// How many requests are answered at a time; the others wait in the order of their arrival, as in a model server's queue.
final class Slots: Sendable {
  private let count: Int?
  private let state = NIOLockedValueBox(State())

  private struct State {
    var running: Set<UInt64> = []
    var waiting: [(id: UInt64, turn: @Sendable () -> Void)] = []
  }

  /// Without a count everyone's turn comes at once.
  init(_ count: Int?) { self.count = count }

  /// Whether it is the request's turn at once; if not, `turn` is called when it is, on any thread.
  func enter(_ id: UInt64, turn: @escaping @Sendable () -> Void) -> Bool {
    state.withLockedValue { state in
      guard state.running.count < count ?? .max else {
        state.waiting.append((id, turn))
        return false
      }
      state.running.insert(id)
      return true
    }
  }

  /// The request has ended, or waits no longer.
  func leave(_ id: UInt64) {
    let next = state.withLockedValue { state -> (@Sendable () -> Void)? in
      guard state.running.remove(id) != nil else {
        state.waiting.removeAll { $0.id == id }
        return nil
      }
      guard !state.waiting.isEmpty else { return nil }
      let next = state.waiting.removeFirst()
      state.running.insert(next.id)
      return next.turn
    }
    next?()
  }

  /// In the names of vLLM's gauges. The share of the cache is that of the slots.
  var metrics: String {
    let (running, waiting) = state.withLockedValue { ($0.running.count, $0.waiting.count) }
    let share = count.map { Double(running) / Double($0) } ?? 0
    let gauges = [
      ("num_requests_running", "\(running)"), ("num_requests_waiting", "\(waiting)"),
      ("kv_cache_usage_perc", "\(share)"),
    ]
    return gauges.map { "# TYPE vllm:\($0) gauge\nvllm:\($0){model_name=\"modelsim\"} \($1)\n" }.joined()
  }
}
