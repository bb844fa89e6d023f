/// The twin of `lease.lua`.
extension LimitStore {
  /// Sets what a worker has charged ahead: as wanted where every bucket keeps a fifth. Else it grows by what was used alone: a stock
  /// that is there is given back by the worker, who may be spending it.
  package mutating func lease(_ call: LeaseCall, now: Int64) -> LeaseCall.Reply {
    var charged = call.parts.map(\.before)
    if case .lease(let record) = value(call.record, now) {
      if record.sequence >= call.sequence { return .late }
      if record.charged.count == charged.count { charged = record.charged }
    }
    let isGranted = zip(call.parts, charged).allSatisfy { part, charged in
      part.wanted == part.used
        || bucket(part.key, part.rule, now).keepsAFifth(beyond: part.wanted - charged, part.rule)
    }
    let targets = zip(call.parts, charged).map { part, charged in
      isGranted ? part.wanted : max(part.used, min(charged, part.wanted))
    }
    var left: [Int64] = []
    for (place, part) in call.parts.enumerated() {
      left.append(set(part, to: targets[place], from: charged[place], call.lifetime, now))
    }
    let record = LeaseRecord(owner: call.owner, sequence: call.sequence, charged: targets)
    put(.lease(record), at: call.record, until: now + call.lifetime)
    return isGranted ? .granted(left: left) : .refused(left: left)
  }

  private mutating func set(
    _ part: LeaseCall.Part, to target: Int64, from charged: Int64, _ lifetime: Int64, _ now: Int64
  ) -> Int64 {
    var bucket = bucket(part.key, part.rule, now)
    if target != charged {
      bucket.take(Bucket.bounded(target - charged, part.rule), part.rule)
      put(bucket, part.key, part.rule, atLeast: lifetime, now)
    }
    return bucket.tokens(part.rule)
  }
}

extension Bucket {
  fileprivate func keepsAFifth(beyond cost: Int64, _ rule: Rule) -> Bool {
    level - Self.bounded(cost, rule) * rule.window >= (rule.capacity + 4) / 5
  }

  /// More than twice the capacity fills or empties any bucket alike.
  fileprivate static func bounded(_ tokens: Int64, _ rule: Rule) -> Int64 {
    max(-2 * rule.tokens, min(2 * rule.tokens, tokens))
  }
}
