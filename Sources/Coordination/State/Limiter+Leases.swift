import Policy

/// What is charged ahead of exchanges, so that those of a hot group wait for no call.
extension Limiter {
  /// From the stock of the group's lease: its name, and what the limits have left.
  func takeLeased(_ group: LimitGroup, _ admission: Admission) -> (lease: String, left: [Int64])? {
    guard state.isAvailable || !group.limits.contains(where: { $0.outage == .closed }) else { return nil }
    let now = replica.clock.monotonic
    guard let (lease, left, isLow) = leases?.take(group, admission.charges, now: now) else { return nil }
    if isLow, state.isAvailable,
      let call = leases?.call(of: lease, replicas: replica.settledReplicas, now: now, makeRecord: makeRecord)
    {
      send(call, of: lease)
      state.flush()
    }
    return (lease, left)
  }

  func renewLeases() {
    let now = replica.clock.monotonic
    let calls = leases?.calls(replicas: replica.settledReplicas, now: now, makeRecord: makeRecord) ?? []
    for (lease, call) in calls { send(call, of: lease) }
  }

  /// Gives back what is in stock; nobody waits for the answer.
  func closeLeases() {
    for call in leases?.closingCalls() ?? [] { state.lease(call) { _ in } }
  }

  private func makeRecord(_ group: LimitGroup) -> String { "\(group.prefix):lease:\(replica.makeID())" }

  private func send(_ call: LeaseCall, of lease: String) {
    state.lease(call) { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(.granted(let left)), .success(.refused(let left)):
        for (part, left) in zip(call.parts, left) { note(left, of: part.key) }
      case .failure(let failure) where !failure.mayPass:
        lostSettlements += 1
        leases?.drop(lease)
        return
      case .success(.late), .failure: break
      }
      leases?.hear(try? result.get(), to: call, of: lease)
    }
  }
}
