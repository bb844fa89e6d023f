/// Whether a probe that was answered, and badly or late, says something of the endpoint: one caller's says only that this caller has
/// trouble there, as elsewhere in a breaker; a second caller's in the same generation shows that it is not the caller.
///
/// Of one replica: where two callers' probes fail at two of them, the next one decides.
package struct ProbeBlame: Equatable, Sendable {
  private struct Failure: Equatable {
    var keeper: BreakerView.Keeper
    var generation: Int64
    var caller: UInt64
  }

  private var last: Failure?

  package init() {}

  package mutating func isEndpoints(_ keeper: BreakerView.Keeper, _ generation: Int64, caller: UInt64) -> Bool
  {
    defer { last = Failure(keeper: keeper, generation: generation, caller: caller) }
    guard let last, last.keeper == keeper, last.generation == generation else { return false }
    return last.caller != caller
  }
}
