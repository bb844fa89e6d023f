import Testing

@testable import Policy

struct LeaseTests {
  private static let rule = Bucket.Rule(tokens: 10_000, window: 60_000)
  private static let group = LimitGroup(
    prefix: "sy:{t:a}",
    limits: [
      Limit(
        path: "tpm", name: "tpm", label: "tpm", measure: .tokens, shape: .bucket(rule), outage: .share,
        key: "tpm")
    ])

  /// Whatever exchanges take and give back, and whichever answers are lost: what may be spent has been charged.
  @Test func theStockIsNeverMoreThanIsChargedAndNotUsed() {
    for seed in 0..<300 as Range<UInt64> {
      var chance = Chance(seed: seed)
      var (store, lease) = (LimitStore(), Lease(Self.group, record: "r"))
      var (used, running, now) = (0 as Int64, [Int64](), 0 as Int64)
      for step in 0..<200 {
        now += Int64(chance.below(300))
        let cost = Int64(chance.below(60))
        switch chance.below(4) {
        case 0 where lease.take([cost]):
          used += cost
          running.append(cost)
        case 1:
          guard let reserved = running.popLast() else { continue }
          lease.settle(reserved: [reserved], actual: [cost])
          used += cost - reserved
        case 2:
          let call = lease.call(
            stock: [Int64(chance.below(200))], rules: [Self.rule], owner: "o", lifetime: 60_000)
          let reply = store.lease(call, now: now)
          lease.hear(chance.below(5) == 0 ? nil : reply, to: call)
        default: continue
        }
        guard case .lease(let record) = store.value("r", now) else { continue }
        guard lease.stock(0) <= max(0, record.charged[0] - used) else {
          Issue.record("seed \(seed), step \(step): \(lease.stock(0)) of \(record.charged[0]) less \(used)")
          return
        }
      }
    }
  }
}
