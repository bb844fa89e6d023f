import Coordination
import Policy

@testable import Gateway

/// What is held where a request is served, a configuration is applied, and at the end.
extension ControlSimulation {
  /// Milliseconds after which a connected replica goes by what is decided: it asks each second, by a clock that may be 5 % slow.
  private static let patience: Int64 = 3_100
  /// Until a replica that was disturbed is as good as any other: who leads may have to be chosen anew.
  private static let recovery: Int64 = 8_000
  /// For how long a weight counts, by a clock that may be 5 % slow.
  private static let loan: Int64 = ControlStamp.lifetime * 1_000 / 952 + 200
  /// Milliseconds until all is as it should be, where nothing goes wrong any more.
  private static let settling: Int64 = 20_000

  private var isSettled: Bool { world.now > Self.length + Self.settling }

  // MARK: I6

  func checkApplied(_ next: Rollouts, on replica: ControlReplica) {
    let former = replica.rollouts
    world.note(10, Int64(replica.number), next.position.epoch, next.position.version)
    if next.position < former.position {
      fail("I6: replica \(replica.number) applies \(next.position) behind \(former.position)")
    }
    if next.position == former.position, next.hash != former.hash {
      fail("I6: replica \(replica.number) applies two configurations as \(next.position)")
    }
  }

  /// Ten times a second.
  func check(_ replica: ControlReplica) {
    let (position, known) = (replica.rollouts.position, audit.position)
    let isOld = world.now - audit.positionAt > Self.patience
    if world.now - replica.disturbedAt > Self.recovery, isOld, position < known {
      fail("I6: replica \(replica.number) goes by \(position), and \(known) was written long ago")
    }
    guard isSettled else { return }
    if isOld, position != known || replica.rollouts.hash != audit.hash {
      fail("I6: replica \(replica.number) goes by \(position) of \(known) for good")
    }
    checkLeader()
    if let time = audit.timeVetoed, time > 6_000, audit.state.candidate?.phase == .canary {
      fail("I7: the candidate has been vetoed for \(time) ms")
    }
  }

  private func checkLeader() {
    if audit.isLed(now: redis.now) { ledAt = world.now }
    let since = max(ledAt, Self.length + Self.settling)
    if world.now - since > 7_000 { fail("nobody leads for \(world.now - since) ms") }
  }

  // MARK: I7 and I8

  func check(_ arm: Arm, _ version: Int, _ session: Int, _ table: VersionTable, on replica: ControlReplica) {
    guard let candidate = table.models[0]?.candidate, candidate.weight > .zero else { return }
    if table.exposure(of: candidate, now: replica.clock()).weight == candidate.weight {
      sessions.dealt(
        session, arm.kind == .canary ? .canary : .baseline, version, candidate.weight,
        at: replica.rollouts.position, replica.rollouts.hash)
    }
    guard arm.kind == .canary else { return }
    figures.canaries += 1
    world.note(9, Int64(replica.number), Int64(session), Int64(version))
    if !chronicle.exposed.contains(version) { fail("I7: version \(version) was never given any weight") }
    checkVetoes(version, on: replica)
    checkLoan(version, on: replica)
    checkStopped(version, on: replica)
  }

  private func checkVetoes(_ version: Int, on replica: ControlReplica) {
    guard let model = RolloutAudit.model else { return }
    let key = ControlVetoes.Version(model, Int64(version))
    if replica.link.own[key] != nil || replica.link.vetoes.vetoed.contains(key) {
      fail("I7: replica \(replica.number) knows that version \(version) is vetoed, and sends it a request")
    }
  }

  /// Nobody looks after what is exposed, or this replica can't know whether anybody does.
  private func checkLoan(_ version: Int, on replica: ControlReplica) {
    let stamped = world.now - chronicle.stampedAt - chronicle.youth
    if stamped > Self.loan { fail("I7: version \(version) is sent a request \(stamped) ms after the stamp") }
    let heard = world.now - replica.state.heardAt
    if heard > Self.loan {
      fail("I7: replica \(replica.number) has been cut off for \(heard) ms, and sends \(version) a request")
    }
  }

  private func checkStopped(_ version: Int, on replica: ControlReplica) {
    guard let time = audit.timeStopped(version), !replica.state.isAtFormer else { return }
    // Redis' clock may have gone back a little behind the stamp that it heard last.
    let youth = faults.clockJumps || faults.redisForgets ? ControlLease.tolerance : 0
    if time > Self.loan + youth {
      fail("I7: version \(version) is sent a request \(time) ms after its end")
    }
    // One that is ahead goes by what Redis has forgotten.
    let calm = world.now - replica.disturbedAt - Self.recovery
    if min(time, calm) > Self.patience, replica.rollouts.position <= audit.position {
      fail("I7: replica \(replica.number) sends \(version) a request \(time) ms after its end")
    }
  }

  // MARK: Where all is well again

  /// What was tried is given up, and a version that fails is tried instead: it has to be rolled back.
  func tryLast() {
    let last = Self.versions.upperBound
    world.after(Self.settling) { [self] in
      if let candidate = audit.state.candidate { demand(.abort, candidate.version) }
    }
    world.after(Self.settling + 5_000) { [self] in demand(.start, last) }
  }

  private func demand(_ deed: RolloutAsk.Deed, _ version: Int) {
    var wish = RolloutAsk(deed, "chat", version: version, by: "bob")
    wish.skipsShadow = true
    if let id = ask(wish) { asks.append((id, world.now)) }
  }

  func checkEnd() {
    for ask in asks where redis.control.store.answer(to: ask.id, now: redis.now) == nil {
      fail("what was asked for \(world.now - ask.at) ms ago has no answer")
    }
    let last = Self.versions.upperBound
    if audit.state.stage(of: last) != .rolledBack {
      fail("version \(last) fails, and is \(audit.state.stage(of: last).rawValue): \(audit.state.text)")
    }
  }
}
