import Testing

@testable import Policy

struct LocalLimitsTests {
  private static let minute: Int64 = 60_000
  private static let now: Int64 = 1_790_000_000_000

  private static func limit(
    _ tokens: Int64, outage: Limit.Outage = .share, key: String = "sy:{t:a}:rl:tokens"
  )
    -> Limit
  {
    Limit(
      path: "tenants.a.limits[0]", name: "tokens per minute of tenant a", label: "tenant-tokens-minute",
      measure: .tokens, shape: .bucket(Bucket.Rule(tokens: tokens, window: minute)), outage: outage, key: key)
  }

  private static func admission(_ limit: Limit, _ cost: Int64, id: String) -> Admission {
    var charges = Charges()
    return Admission(
      id: id, reservation: "sy:{t:a}:res:\(id)", owner: "r", lifetime: 30_000,
      charges: charges.charges(
        [limit], Demand(inputTokens: cost, outputTokens: 0, microdollars: 0), now: now))
  }

  private static func admit(
    _ local: inout LocalLimits, _ limit: Limit, _ cost: Int64, id: String, replicas: Int, left: Int64? = nil,
    held: Int = 0, now: Int64 = now
  ) -> Admission.Reply {
    local.admit(
      admission(limit, cost, id: id), [limit], replicas: replicas, now: now, left: { _ in left },
      held: { _ in held })
  }

  @Test func aReplicaHasItsShare() {
    var local = LocalLimits()
    let limit = Self.limit(1_000)
    let first = Self.admit(&local, limit, 250, id: "x1", replicas: 4)
    let second = Self.admit(&local, limit, 1, id: "x2", replicas: 4)
    #expect(first == .admitted(left: [0]))
    #expect(second == .refused(charge: 0, wait: 240, left: 0), "250 tokens a minute are one in 240 ms")
  }

  @Test func itBeginsAtTheShareOfWhatWasLeft() {
    var local = LocalLimits()
    let limit = Self.limit(1_000)
    let reply = Self.admit(&local, limit, 101, id: "x1", replicas: 4, left: 400)
    #expect(reply == .refused(charge: 0, wait: 240, left: 100))
  }

  @Test func whatWasLeftCountsOnceAnOutage() {
    var local = LocalLimits()
    let limit = Self.limit(1_000)
    _ = Self.admit(&local, limit, 0, id: "x1", replicas: 4, left: 0)
    let later = Self.admit(
      &local, limit, 250, id: "x2", replicas: 4, left: 0, now: Self.now + Self.minute)
    #expect(later == .admitted(left: [0]), "it has refilled since")
    local.end()
    let next = Self.admit(&local, limit, 1, id: "x3", replicas: 4, left: 0, now: Self.now + Self.minute)
    #expect(next == .refused(charge: 0, wait: 240, left: 0))
  }

  @Test func aLimitOfFewerTokensThanReplicasStillLetsOneThrough() {
    var local = LocalLimits()
    let limit = Self.limit(2)
    let first = Self.admit(&local, limit, 1, id: "x1", replicas: 10)
    let second = Self.admit(&local, limit, 1, id: "x2", replicas: 10)
    #expect(first == .admitted(left: [0]))
    #expect(second == .refused(charge: 0, wait: 300_000, left: 0), "a tenth of two a minute")
  }

  @Test func openLimitsLetAllThroughAndAreOwed() {
    var local = LocalLimits()
    let limit = Self.limit(10, outage: .open)
    let admission = Self.admission(limit, 1_000, id: "x1")
    let reply = local.admit(
      admission, [limit], replicas: 4, now: Self.now, left: { _ in 0 }, held: { _ in 0 })
    #expect(reply == .admitted(left: []))
    local.settle(
      Settling(id: "x1", reservation: admission.reservation, charges: admission.charges), [limit],
      of: "sy:{t:a}", replicas: 4, now: Self.now)
    let debts = local.takeDebts()
    #expect(debts.map(\.prefix) == ["sy:{t:a}"])
    #expect(debts.flatMap(\.charges).map(\.cost) == [1_000])
    #expect(!local.hasDebts)
  }

  @Test func settlingGivesBackAndOwesWhatWasReallyTaken() {
    var local = LocalLimits()
    let limit = Self.limit(1_000)
    let admission = Self.admission(limit, 250, id: "x1")
    _ = local.admit(admission, [limit], replicas: 4, now: Self.now, left: { _ in nil }, held: { _ in 0 })
    let actual = Charge(key: limit.key, rule: admission.charges[0].rule, cost: 50)
    local.settle(
      Settling(id: "x1", reservation: admission.reservation, charges: [actual]), [limit], of: "sy:{t:a}",
      replicas: 4, now: Self.now)
    let next = Self.admit(&local, limit, 200, id: "x2", replicas: 4)
    #expect(next == .admitted(left: [0]))
    #expect(local.takeDebts().flatMap(\.charges) == [actual], "the whole limit's rule, not the share's")
  }

  @Test func slotsAreCountedByWhatThisReplicaHolds() {
    var local = LocalLimits()
    let limit = Limit(
      path: "l", name: "n", label: "concurrent", measure: .concurrent,
      shape: .slots(Slots.Rule(count: 9, lifetime: 30_000)), outage: .share, key: "sy:{t:a}:sem")
    let free = Self.admit(&local, limit, 1, id: "x1", replicas: 4, held: 1)
    let full = Self.admit(&local, limit, 1, id: "x2", replicas: 4, held: 2)
    #expect(free == .admitted(left: []))
    #expect(full == .refused(charge: 0, wait: 1_000, left: 0))
  }
}
