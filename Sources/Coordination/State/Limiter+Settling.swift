import NIOConcurrencyHelpers
package import Policy

/// The end of what was admitted, and what happens from time to time.
extension Limiter {
  private static var mostUnsettled: Int { 10_000 }
  private static var fewSlots: Int64 { 32 }
  /// Milliseconds that a debt's mark is kept, so that a call whose reply was lost isn't applied again.
  private static var debtLifetime: Int64 { 600_000 }

  // MARK: Settling

  /// Puts what an exchange really took in the place of what was reserved. Only the first call for a grant does anything.
  package func settle(_ grant: Grant, _ actual: Demand) {
    let demand = actual.minus(grant.extra)
    let (isLeased, isUrgent) = (grant.isLeased, holdsScarceSlots(grant))
    for part in grant.end() { settle(part, demand, actual) }
    if isUrgent { state.flush() } else if !isLeased { state.flushSoon() }
  }

  /// Whether somebody may be refused for want of the slots that it gives back: their limit has few left, or nobody knows.
  private func holdsScarceSlots(_ grant: Grant) -> Bool {
    grant.parts.contains { part in
      part.admission.charges.contains { charge in
        guard case .slots = charge.rule else { return false }
        return left[charge.key, default: 0] < Self.fewSlots
      }
    }
  }

  private func settle(_ part: Grant.Part, _ demand: Demand, _ actual: Demand) {
    let admission = part.admission
    giveBackSlots(admission)
    let costs = zip(part.group.limits, admission.charges).map { limit, charge in
      charge.costing((part.source == .local ? actual : demand).amount(of: limit.measure))
    }
    let settling = Settling(id: admission.id, reservation: admission.reservation, charges: costs)
    switch part.source {
    case .shared: send(.settling(settling, Reserved(admission: admission, expiry: part.expiry)))
    case .lease(let lease): leases?.settle(lease, reserved: admission.charges, actual: costs)
    case .local: settle(locally: settling, part)
    }
  }

  private func settle(locally settling: Settling, _ part: Grant.Part) {
    let (replicas, now) = (replica.replicas, state.now)
    replica.local.withLockedValue {
      $0.settle(settling, part.group.limits, of: part.group.prefix, replicas: replicas, now: now)
    }
    // A renewal has perhaps made its slots the shared state's.
    for charge in settling.charges { release(charge, of: settling.id) }
  }

  func give(back parts: [Grant.Part]) {
    for part in parts { settle(part, .nothing, .nothing) }
    if !parts.isEmpty { state.flush() }
  }

  /// Nobody knows whether Redis took it: what it may have taken is given back once it answers.
  func giveBackLater(_ admission: Admission) {
    let nothing = Settling(
      id: admission.id, reservation: admission.reservation,
      charges: admission.charges.map { $0.costing(0) })
    keep(.settling(nothing, Reserved(admission: admission, expiry: .never)))
  }

  private func giveBackSlots(_ admission: Admission) {
    for charge in admission.charges {
      guard case .slots = charge.rule else { continue }
      replica.held.withLockedValue { $0.giveBack(admission.id, of: charge.key) }
      memo.forget(charge.key)
    }
  }

  /// Charges what a long stream takes beyond its reservation while it runs; never refused.
  package func charge(_ grant: Grant, _ demand: Demand) {
    grant.add(demand)
    for part in grant.parts where part.source != .local {
      let costs = part.group.limits.map { limit in
        limit.measure == .requests || limit.measure == .concurrent ? 0 : demand.amount(of: limit.measure)
      }
      if case .lease(let lease) = part.source {
        leases?.use(lease, costs)
      } else {
        charge(zip(part.admission.charges, costs).compactMap { $1 > 0 ? $0.costing($1) : nil }, to: part)
      }
    }
    state.flush()
  }

  private func charge(_ charges: [Charge], to part: Grant.Part) {
    guard !charges.isEmpty else { return }
    let id = replica.makeID()
    send(
      .debt(
        Admission(
          id: id, reservation: "\(part.group.prefix):res:\(id)", owner: replica.name,
          lifetime: part.admission.lifetime, charges: charges)))
  }

  private func send(_ item: Unsettled) {
    guard state.isAvailable else { return keep(item) }
    switch item {
    case .settling(let settling, let reserved):
      state.settle(settling) { [weak self] result in
        switch result {
        case .success(.settled): break
        case .success(.gone): self?.chargeBeyond(reserved, settling)
        case .failure(let failure): self?.retry(item, after: failure)
        }
      }
    case .debt(let admission):
      state.charge(admission) { [weak self] result in
        guard let self, case .failure(let failure) = result else { return }
        failure.mayPass ? keep(item) : charge(apart: admission)
      }
    }
  }

  private func retry(_ item: Unsettled, after failure: StateFailure) {
    if failure.mayPass { keep(item) } else { lostSettlements += 1 }
  }

  /// One of the limits has a value that no script wrote: the others are charged each by itself.
  private func charge(apart admission: Admission) {
    guard admission.charges.count > 1 else { return lostSettlements += 1 }
    for (place, charge) in admission.charges.enumerated() {
      keep(
        .debt(
          Admission(
            id: admission.id, reservation: "\(admission.reservation):\(place)", owner: admission.owner,
            lifetime: admission.lifetime, charges: [charge])))
    }
  }

  /// A reservation that has expired stays charged as it was; what was really taken beyond it is charged now. (One that is gone
  /// before its time was settled, by a call whose reply was lost; where nobody asked again in its time, what is charged twice is rather too
  /// much than too little.)
  private func chargeBeyond(_ reserved: Reserved, _ settling: Settling) {
    let expiry = reserved.expiry
    guard replica.clock.monotonic >= expiry.monotonic || state.now >= expiry.shared else { return }
    let more = zip(settling.charges, reserved.admission.charges).compactMap { actual, reserved in
      actual.cost > reserved.cost ? actual.costing(actual.cost - reserved.cost) : nil
    }
    guard !more.isEmpty else { return }
    let old = reserved.admission
    send(
      .debt(
        Admission(
          id: old.id, reservation: old.reservation + ":beyond", owner: old.owner,
          lifetime: Self.debtLifetime, charges: more)))
    state.flush()
  }

  private func keep(_ item: Unsettled) {
    guard unsettled.count < Self.mostUnsettled else {
      lostSettlements += 1
      return
    }
    unsettled.append(item)
  }

  // MARK: From time to time

  /// Ten times a second: settlements and debts that Redis could not take are sent again. What one worker of the replica has to do
  /// for all, the first does whose time has come.
  package func tick() {
    state.beat()
    if replica.isDue(.sweep) { replica.sweep(isAvailable: state.isAvailable, now: state.now) }
    guard state.isAvailable else { return }
    if replica.isDue(.renewal) { renew() }
    resend(Self.mostResent)
    payDebts()
    renewLeases()
    state.flush()
  }

  /// A Redis that was away for long gets its due in pieces: all at once would take it longer than a call may take.
  private static var mostResent: Int { 200 }

  private func resend(_ most: Int) {
    let items = unsettled.prefix(most)
    unsettled.removeFirst(items.count)
    for item in items { send(item) }
  }

  private func payDebts() {
    guard replica.hasDebts else { return }
    for (prefix, charges) in replica.local.withLockedValue({ $0.takeDebts() }) {
      let id = replica.makeID()
      send(
        .debt(
          Admission(
            id: id, reservation: "\(prefix):res:\(id)", owner: replica.name, lifetime: Self.debtLifetime,
            charges: charges)))
    }
  }

  /// Prolongs the slots of exchanges that still run. One that ends meanwhile, on whatever worker, may have given its slot back
  /// before the renewal came: then it is given back again.
  func renew() {
    for (key, holders) in replica.held.withLockedValue({ $0.keys }) {
      state.renew(Array(holders.ids), of: key, holders.rule) { [weak self] _ in
        guard let self else { return }
        let still = replica.held.withLockedValue { $0.keys[key]?.ids ?? [] }
        let charge = Charge(key: key, rule: .slots(holders.rule), cost: 1)
        for id in holders.ids.subtracting(still) { release(charge, of: id) }
        state.flush()
      }
    }
  }

  /// Gives a slot back that no reservation tells of; does nothing for other charges. A lost call is made up for by the slot's end.
  private func release(_ charge: Charge, of id: String) {
    guard case .slots = charge.rule, state.isAvailable, let end = charge.key.firstIndex(of: "}") else {
      return
    }
    // Not the exchange's own, which may yet have to be settled.
    let none = "\(charge.key[...end]):res:\(id):none"
    state.settle(Settling(id: id, reservation: none, charges: [charge])) { _ in }
  }

  /// Ends the way to the shared state. What waits for it stays charged at the estimate.
  package func close() {
    if state.isAvailable {
      resend(unsettled.count)
      payDebts()
      closeLeases()
    }
    state.close()
  }

  /// Whether the shared state is asked, and not this replica alone.
  package var isShared: Bool { state.isAvailable }

  /// Settlements that wait for the shared state.
  package var waiting: Int { unsettled.count + (leases?.unsettled ?? 0) }
}

extension StateFailure {
  /// Trying again can help; a value of another kind stays one.
  var mayPass: Bool {
    if case .refused(let error) = self { !error.isOfTheKey } else { self != .malformed }
  }
}

extension Charge {
  /// The same charge at another cost.
  fileprivate func costing(_ cost: Int64) -> Charge {
    switch rule {
    case .bucket(let rule):
      Charge(key: key, rule: self.rule, cost: min(max(0, cost), Bucket.Rule.maximumUnits / rule.window))
    case .budget: Charge(key: key, rule: rule, cost: min(max(0, cost), Bucket.Rule.maximumUnits))
    case .slots: self
    }
  }
}

extension Demand {
  fileprivate func minus(_ extra: Demand) -> Demand {
    Demand(
      requests: requests, inputTokens: max(0, inputTokens - extra.inputTokens),
      outputTokens: max(0, outputTokens - extra.outputTokens),
      microdollars: max(0, microdollars - extra.microdollars))
  }
}
