import Policy
import Synchronization
import Testing

@testable import Coordination

/// All workers of a replica take from one store.
@Suite(.timeLimit(.minutes(5)))
struct EmbeddedStoreTests {
  /// A window so long that nothing refills meanwhile.
  private static let rule = Bucket.Rule(tokens: 20_000, window: 1 << 37)

  private static func admission(_ id: String, _ cost: Int64) -> Admission {
    Admission(
      id: id, reservation: "sy:{t:a}:res:\(id)", owner: "r", lifetime: 600_000,
      charges: [Charge(key: "sy:{t:a}:rl", rule: .bucket(rule), cost: cost)])
  }

  /// Takes costs of 1 to 7 until one doesn't fit, every twentieth a crash, every tenth repeated, every third settled to half.
  private static func hammer(_ store: EmbeddedStore, thread: Int) -> Int64 {
    let state = EmbeddedState(store)
    var (charged, serial, isFull) = (Int64(0), 0, false)
    while !isFull {
      serial += 1
      let cost = Int64(serial % 7 + 1)
      let admission = admission("\(thread)-\(serial)", cost)
      state.admit(admission) { reply in
        if case .success(.admitted) = reply { charged += cost } else { isFull = cost == 1 }
        guard !isFull, case .success(.admitted) = reply else { return }
        if serial % 10 == 0 { state.admit(admission) { #expect($0 == .success(.repeated)) } }
        guard serial % 20 != 0, serial % 3 == 0 else { return }
        let half = Charge(key: "sy:{t:a}:rl", rule: .bucket(rule), cost: cost / 2)
        state.settle(Settling(id: admission.id, reservation: admission.reservation, charges: [half])) {
          #expect($0 == .success(.settled))
        }
        charged -= cost - cost / 2
      }
    }
    return charged
  }

  @Test func fourThreadsTakeExactlyWhatThereIs() async {
    let store = EmbeddedStore()
    let charged = await withTaskGroup(of: Int64.self) { group in
      for thread in 0..<4 { group.addTask { Self.hammer(store, thread: thread) } }
      return await group.reduce(0, +)
    }
    #expect(charged == Self.rule.tokens)
  }

  @Test func keysOfOneTagShareAStore() {
    let store = EmbeddedStore()
    let state = EmbeddedState(store)
    state.admit(Self.admission("x", 5)) { #expect($0 == .success(.admitted(left: [19_995]))) }
    #expect(store.entries().keys.sorted() == ["sy:{t:a}:res:x", "sy:{t:a}:rl"])
  }
}
