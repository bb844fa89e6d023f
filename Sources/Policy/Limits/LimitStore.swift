/// The shared limits as Redis keeps them, in memory: the twin of `admit.lua`, `settle.lua`, `charge.lua`, `renew.lua` and
/// `lease.lua`.
///
/// It is the embedded engine and what the simulator runs; a differential test holds it and the scripts together. Values are what
/// Redis holds, typed: `StoredValue.text` is the very text.
package struct LimitStore: Sendable {
  package struct Entry: Equatable, Sendable {
    package var value: StoredValue
    /// Milliseconds; from then on there is no such entry.
    package var expires: Int64
  }

  package private(set) var entries: [String: Entry] = [:]

  package init() {}

  /// Milliseconds that a bucket is kept beyond the moment that it is full: absent means full.
  static let slack: Int64 = 2_000
  /// What is said of slots: nobody knows when one is given back.
  static let slotWait: Int64 = 1_000

  package mutating func admit(_ admission: Admission, now: Int64) -> Admission.Reply {
    if value(admission.reservation, now) != nil { return .repeated }
    if admission.charges.contains(where: { $0.isOutside(now) }) { return .otherWindow(now: now) }
    if let refusal = refusal(of: admission.charges, now) { return refusal }
    let left = admission.charges.map { take($0, for: admission.id, lifetime: admission.lifetime, now) }
    reserve(admission, now)
    return .admitted(left: left)
  }

  package mutating func settle(_ settling: Settling, now: Int64) -> Settling.Reply {
    // Whether there is a reservation or not: a renewal may have taken slots anew.
    for charge in settling.charges { giveBackSlot(charge, settling.id, now) }
    guard case .reservation(let reservation) = value(settling.reservation, now) else { return .gone }
    entries[settling.reservation] = nil
    for (charge, reserved) in zip(settling.charges, reservation.costs) {
      correct(charge, reserved: reserved, now)
    }
    return .settled
  }

  /// Takes charges whether they fit or not: what a long stream needs beyond its estimate, what was spent while Redis was away. False
  /// where the same id was charged before. Slots are not charged.
  package mutating func charge(_ admission: Admission, now: Int64) -> Bool {
    if value(admission.reservation, now) != nil { return false }
    for charge in admission.charges {
      if case .slots = charge.rule { continue }
      _ = take(charge, for: admission.id, lifetime: admission.lifetime, now)
    }
    reserve(admission, now)
    return true
  }

  /// Prolongs the slots of exchanges that still run, and takes them anew where they are lost.
  package mutating func renew(_ ids: [String], of key: String, _ rule: Slots.Rule, now: Int64) {
    guard !ids.isEmpty else { return }
    var slots = slots(key, now).current(rule, now: now)
    for id in ids { slots.take(id, rule, now: now) }
    put(slots, key, rule, now)
  }

  /// Forgets what has expired, which changes no answer.
  package mutating func sweep(now: Int64) { entries = entries.filter { $0.value.expires > now } }

  // MARK: One limit

  func value(_ key: String, _ now: Int64) -> StoredValue? {
    guard let entry = entries[key], entry.expires > now else { return nil }
    return entry.value
  }

  /// The bucket as of now. Where the clock has gone back that is kept: who is refused writes nothing else, and would find the time to
  /// come again and again.
  mutating func bucket(_ key: String, _ rule: Bucket.Rule, _ now: Int64) -> Bucket {
    guard case .bucket(let bucket, let written) = value(key, now) else { return .full(rule, now: now) }
    if bucket.at > now + Bucket.tolerance {
      entries[key]?.value = .bucket(Bucket(level: bucket.level, at: now), written)
    }
    return bucket.refilled(rule, now: now)
  }

  private func spent(_ key: String, _ now: Int64) -> Int64 {
    guard case .budget(let spent, _) = value(key, now) else { return 0 }
    return spent
  }

  private func slots(_ key: String, _ now: Int64) -> Slots {
    guard case .slots(let slots) = value(key, now) else { return Slots() }
    return slots
  }

  /// The refusal of the limit that lasts longest; nil where all charges fit.
  private mutating func refusal(of charges: [Charge], _ now: Int64) -> Admission.Reply? {
    var longest: (charge: Int, wait: Int64?, left: Int64)?
    for (index, charge) in charges.enumerated() {
      let (wait, left) = room(for: charge, now)
      if wait == 0 { continue }
      guard let former = longest else {
        longest = (index, wait, left)
        continue
      }
      if let formerWait = former.wait, wait.map({ $0 > formerWait }) ?? true { longest = (index, wait, left) }
    }
    return longest.map { .refused(charge: $0.charge, wait: $0.wait, left: $0.left) }
  }

  /// How long until a charge fits (0: now, nil: never), and what is left.
  mutating func room(for charge: Charge, _ now: Int64) -> (wait: Int64?, left: Int64) {
    switch charge.rule {
    case .bucket(let rule):
      let bucket = bucket(charge.key, rule, now)
      return (charge.cost == 0 ? 0 : bucket.wait(for: charge.cost, rule), bucket.tokens(rule))
    case .budget(let budget):
      let left = max(0, budget.capacity - spent(charge.key, now))
      if charge.cost <= left { return (0, left) }
      return (charge.cost > budget.capacity ? nil : budget.ends - now, left)
    case .slots(let rule):
      if now % Self.tidying == 0 { change(charge.key, now) { $0.running(at: now) } }
      var free = rule.count - slots(charge.key, now).holders.count
      if free <= 0 {
        change(charge.key, now) { $0.current(rule, now: now) }
        free = rule.count - slots(charge.key, now).holders.count
      }
      return (free > 0 ? 0 : Self.slotWait, Int64(max(0, free)))
    }
  }

  /// Slots that have ended count until somebody finds none free. One call in so many forgets them before, so that what is left is true.
  private static let tidying: Int64 = 16

  /// Changes slots for as long as they were to be kept.
  private mutating func change(_ key: String, _ now: Int64, _ changed: (Slots) -> Slots) {
    guard case .slots(let former) = value(key, now) else { return }
    let slots = changed(former)
    if slots.holders.isEmpty { entries[key] = nil } else { entries[key]?.value = .slots(slots) }
  }

  /// Takes a charge and returns what is left.
  private mutating func take(_ charge: Charge, for id: String, lifetime: Int64, _ now: Int64) -> Int64 {
    switch charge.rule {
    case .bucket(let rule):
      var bucket = bucket(charge.key, rule, now)
      bucket.take(charge.cost, rule)
      put(bucket, charge.key, rule, atLeast: lifetime, now)
      return bucket.tokens(rule)
    case .budget(let budget):
      let spent = spent(charge.key, now) + charge.cost
      put(spent, charge.key, budget, now)
      return max(0, budget.capacity - spent)
    case .slots(let rule):
      var slots = slots(charge.key, now)
      slots.take(id, rule, now: now)
      put(slots, charge.key, rule, now)
      return Int64(max(0, rule.count - slots.holders.count))
    }
  }

  /// Puts the real cost in the place of the reserved one, where they differ. An absent bucket was full, and is written: its debt
  /// counts.
  private mutating func correct(_ charge: Charge, reserved: Int64, _ now: Int64) {
    switch charge.rule {
    case .bucket where charge.cost == reserved, .budget where charge.cost == reserved: break
    case .bucket(let rule):
      var bucket = bucket(charge.key, rule, now)
      bucket.take(charge.cost - reserved, rule)
      put(bucket, charge.key, rule, atLeast: 0, now)
    case .budget(let budget):
      put(max(0, spent(charge.key, now) + charge.cost - reserved), charge.key, budget, now)
    case .slots: break
    }
  }

  /// Does nothing for what has no slots.
  private mutating func giveBackSlot(_ charge: Charge, _ id: String, _ now: Int64) {
    guard case .slots = charge.rule else { return }
    change(charge.key, now) { $0.without(id) }
  }

  private mutating func reserve(_ admission: Admission, _ now: Int64) {
    entries[admission.reservation] = Entry(
      value: .reservation(admission.reserved), expires: now + admission.lifetime)
  }

  mutating func put(_ value: StoredValue, at key: String, until expires: Int64) {
    entries[key] = Entry(value: value, expires: expires)
  }

  mutating func put(
    _ bucket: Bucket, _ key: String, _ rule: Bucket.Rule, atLeast lifetime: Int64, _ now: Int64
  ) {
    let kept = max(bucket.timeToFull(rule) + Self.slack, lifetime)
    entries[key] = Entry(value: .bucket(bucket, rule), expires: now + kept)
  }

  private mutating func put(_ spent: Int64, _ key: String, _ budget: Budget, _ now: Int64) {
    entries[key] = Entry(
      value: .budget(spent: spent, capacity: budget.capacity),
      expires: max(now + 1, budget.ends + Budget.grace))
  }

  private mutating func put(_ slots: Slots, _ key: String, _ rule: Slots.Rule, _ now: Int64) {
    entries[key] = slots.holders.isEmpty ? nil : Entry(value: .slots(slots), expires: now + rule.lifetime)
  }
}

extension Charge {
  fileprivate func isOutside(_ now: Int64) -> Bool {
    if case .budget(let budget) = rule { !budget.contains(now) } else { false }
  }
}
