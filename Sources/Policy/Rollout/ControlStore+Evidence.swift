/// What is counted of both arms, and what is folded of it.
extension ControlStore {
  package mutating func count(_ count: ControlCount, now: Int64) -> ControlCount.Reply {
    let key = names.counts(count.model, second: count.second)
    var fields = hash(key, now)
    let field = "@\(count.replica)"
    if let last = ControlRule.number(fields[field]), last >= count.sequence { return .repeated(now: now) }
    let begins = count.second * 1_000
    if now >= begins + 1_000 + ControlCount.lateness || begins > now + ControlCount.earliness {
      return .late(now: now)
    }
    for (name, amount) in count.counts {
      fields[name] = "\((ControlRule.number(fields[name]) ?? 0) + amount)"
    }
    fields[field] = "\(count.sequence)"
    write(fields, to: key, for: ControlCount.lifetime, now: now)
    return .counted(now: now)
  }

  package func counts(_ model: ControlModel, seconds: [Int64], now: Int64) -> ControlCounts {
    ControlCounts(now: now, seconds: seconds.map { Self.sums(hash(names.counts(model, second: $0), now)) })
  }

  /// Without who has told what.
  package static func sums(_ fields: [String: String]) -> [String: Int64] {
    fields.filter { !$0.key.hasPrefix("@") }.compactMapValues { ControlRule.number($0) }
  }

  /// Seconds are folded once and in order; only where the clock went back by more than five, some are folded again.
  package mutating func put(_ put: ControlJudgePut, now: Int64) -> ControlJudgePut.Reply {
    let leader = put.leader
    guard leads(leader, now) else { return .fenced(epoch: lease(now)?.epoch ?? 0) }
    let former = judge(put.model, now: now)
    if let former, former.version == put.version, former.second == put.second, former.epoch == leader.epoch {
      return .stored(second: put.second)
    }
    let last = former?.version == put.version ? former?.second ?? 0 : 0
    let isAhead = last * 1_000 > now + ControlLease.tolerance
    if last != put.expected || (put.second <= last && !isAhead) {
      return .conflict(version: former?.version ?? 0, second: former?.second ?? 0)
    }
    if (put.second + 1) * 1_000 > now { return .early(now: now) }
    var fields = [
      "version": "\(put.version)", "second": "\(put.second)", "epoch": "\(leader.epoch)",
    ]
    for (name, text) in put.tests { fields["t:\(name)"] = text }
    write(fields, to: names.judge(put.model), for: ControlJudge.lifetime, now: now)
    return .stored(second: put.second)
  }

  package func judge(_ model: ControlModel, now: Int64) -> ControlJudge? {
    ControlJudge(fields: hash(names.judge(model), now))
  }
}
