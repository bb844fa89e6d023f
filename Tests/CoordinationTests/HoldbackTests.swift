import Policy
import Testing

@testable import Coordination

/// What an exchange gives back can wait a moment, unless somebody may be refused for want of it.
struct HoldbackTests {
  @Test(arguments: [(0, true), (31, true), (32, false), (900, false)])
  func slotsThatAreScarceGoBackAtOnce(_ left: Int64, _ isUrgent: Bool) throws {
    let limit = LimitGroup(prefix: "sy:{w}", limits: [slotLimit(1_000, key: "sy:{w}:sem")])
    #expect(try flushes(limit, left: left) == (isUrgent ? ["now"] : ["soon"]))
  }

  @Test func tokensCanWait() throws {
    let limit = LimitGroup(prefix: "sy:{w}", limits: [tokenLimit(9, key: "sy:{w}:rl")])
    #expect(try flushes(limit, left: 1) == ["soon"])
  }

  /// Of the settlement of one exchange of which so much was left.
  private func flushes(_ group: LimitGroup, left: Int64) throws -> [String] {
    let state = Recorder(left: left)
    let limiter = Limiter(state, ReplicaState(name: "r1", leastReplicas: 1)) { _, _ in }
    var grant: Grant?
    limiter.admit(
      .init(
        exchange: [group], attempt: [], demand: Demand(inputTokens: 1, outputTokens: 0, microdollars: 0),
        lifetime: 30_000)
    ) { if case .admitted(let found, _) = $0 { grant = found } }
    state.flushes = []
    limiter.settle(try #require(grant), .nothing)
    return state.flushes
  }

  private final class Recorder: SharedState {
    private let left: Int64
    var flushes: [String] = []
    let isAvailable = true
    let now: Int64 = 1_790_000_000_000

    init(left: Int64) { self.left = left }

    func admit(
      _ admission: Admission, _ completion: @escaping (Result<Admission.Reply, StateFailure>) -> Void
    ) {
      completion(.success(.admitted(left: admission.charges.map { _ in left })))
    }
    func settle(_ settling: Settling, _ completion: @escaping (Result<Settling.Reply, StateFailure>) -> Void)
    {
      completion(.success(.settled))
    }
    func charge(_: Admission, _ completion: @escaping (Result<Bool, StateFailure>) -> Void) {
      completion(.success(true))
    }
    func renew(
      _: [String], of _: String, _: Slots.Rule, _ completion: @escaping (Result<Void, StateFailure>) -> Void
    ) { completion(.success(())) }
    func lease(_: LeaseCall, _ completion: @escaping (Result<LeaseCall.Reply, StateFailure>) -> Void) {
      completion(.failure(.unavailable))
    }
    func beat() {}
    func flush() { flushes.append("now") }
    func flushSoon() { flushes.append("soon") }
    func close() {}
  }
}
