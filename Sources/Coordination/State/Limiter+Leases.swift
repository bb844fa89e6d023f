import Policy

/// What is charged ahead of exchanges, so that those of a hot group wait for no call.
extension Limiter {
  /// From the stock of the group's lease: its name, and what the limits have left.
  func takeLeased(_ group: LimitGroup, _ admission: Admission) -> (lease: String, left: [Int64])? {
    guard
      let taken = leases?.take(group, admission.charges, now: replica.clock.monotonic)
    else { return nil }
    if leases?.isLow == true, state.isAvailable { renewLeases() }
    return taken
  }

  func renewLeases() {
    let calls = leases?.calls(replicas: replica.replicas, now: replica.clock.monotonic) { [replica] group in
      "\(group.prefix):lease:\(replica.makeID())"
    }
    for (lease, call) in calls ?? [] {
      state.lease(call) { [weak self] result in
        self?.leases?.take(try? result.get(), to: call, of: lease)
      }
    }
    if calls?.isEmpty == false { state.flush() }
  }

  /// Gives back what is in stock; nobody waits for the answer.
  func closeLeases() {
    for call in leases?.closingCalls(now: replica.clock.monotonic) ?? [] { state.lease(call) { _ in } }
  }
}
