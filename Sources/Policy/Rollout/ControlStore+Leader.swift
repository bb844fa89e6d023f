/// The lease, and what is written under it.
extension ControlStore {
  /// Takes the lease, or prolongs it: it lasts `time` milliseconds from now.
  package mutating func take(_ id: String, for time: Int64, now: Int64) -> ControlTake {
    precondition(ControlRule.isID(id) && time > 0, "'\(id)' leads for \(time) ms")
    let former = lease(now)
    let left = former?.left(now) ?? 0
    let floor = position(now).epoch
    if left > 0, let former {
      if former.id != id { return .other(epoch: former.epoch, left: left, holder: former.id) }
      if former.epoch >= floor {
        var lease = former
        (lease.until, lease.span) = (now + time, time)
        write(lease.fields, to: names.lease, now: now)
        return .held(epoch: lease.epoch, left: time)
      }
    }
    let seen = acks(now: now).values.map(\.position.epoch).max() ?? 0
    let epoch = max(max(former?.epoch ?? 0, floor, seen) + 1, now)
    let lease = ControlLease(id: id, epoch: epoch, until: now + time, since: now, span: time)
    write(lease.fields, to: names.lease, now: now)
    return .held(epoch: epoch, left: time)
  }

  /// Ends a leadership; false where it isn't the last one.
  package mutating func release(_ leader: ControlLeader, now: Int64) -> Bool {
    guard var lease = lease(now), lease.id == leader.id, lease.epoch == leader.epoch else { return false }
    (lease.until, lease.span) = (now, 0)
    write(lease.fields, to: names.lease, now: now)
    return true
  }

  package mutating func put(_ put: ControlPut, now: Int64) -> ControlPut.Reply {
    let leader = put.leader
    var fields = hash(names.config, now)
    let former = position(now)
    if former == ControlPosition(epoch: leader.epoch, version: put.version), fields["hash"] == put.hash,
      fields["by"] == leader.id
    {
      return .stored(version: put.version)
    }
    guard leads(leader, now), leader.epoch >= former.epoch else {
      return .fenced(epoch: max(lease(now)?.epoch ?? 0, former.epoch))
    }
    if former.version != put.expected || put.version <= former.version { return .conflict(former) }
    for (model, line) in put.sets {
      if isRefused(line, of: model, now) { return .vetoed(field: "m:\(model.escaped)") }
      fields["m:\(model.escaped)"] = line
    }
    for model in put.deletes { fields["m:\(model.escaped)"] = nil }
    (fields["epoch"], fields["ver"]) = ("\(leader.epoch)", "\(put.version)")
    (fields["by"], fields["at"], fields["hash"]) = (leader.id, "\(now)", put.hash)
    write(fields, to: names.config, now: now)
    for audit in put.audits { note(audit, epoch: leader.epoch, version: put.version, now: now) }
    for answer in put.answers { settle(answer, now) }
    publish(.config(ControlPosition(epoch: leader.epoch, version: put.version)))
    return .stored(version: put.version)
  }

  /// Looks after what is exposed, for half a minute; the count of the stamp.
  package mutating func stamp(_ leader: ControlLeader, now: Int64) -> ControlGuarded<Int64> {
    guard leads(leader, now) else { return .fenced(epoch: lease(now)?.epoch ?? 0) }
    let count = (stamped(now)?.count ?? 0) + 1
    write("\(leader.epoch) \(count) \(now)", to: names.stamp, for: ControlStamp.lifetime, now: now)
    return .done(count)
  }

  package mutating func answer(_ answer: ControlAnswer, now: Int64) -> ControlAnswer.Reply {
    let leader = answer.leader
    guard leads(leader, now) else { return .fenced(epoch: lease(now)?.epoch ?? 0) }
    guard hash(names.asks, now)[answer.answer.ask] != nil else { return .unknown }
    if let audit = answer.audit {
      note(audit, epoch: leader.epoch, version: position(now).version, now: now)
    }
    settle(answer.answer, now)
    guard let version = answer.unveto else { return .answered(removed: 0) }
    var vetoes = hash(names.vetoes, now)
    let gone = vetoes.keys.filter { $0.hasPrefix(version.prefix) }
    guard !gone.isEmpty else { return .answered(removed: 0) }
    for field in gone { vetoes[field] = nil }
    vetoes["mark"] = "\(nextMark(vetoes, now))"
    write(vetoes, to: names.vetoes, now: now)
    publish(.veto(version))
    return .answered(removed: Int64(gone.count))
  }

  // MARK: Parts

  package func lease(_ now: Int64) -> ControlLease? { ControlLease(fields: hash(names.lease, now)) }

  package func config(_ now: Int64) -> ControlConfig? { ControlConfig(fields: hash(names.config, now)) }

  func position(_ now: Int64) -> ControlPosition { config(now)?.position ?? .none }

  func leads(_ leader: ControlLeader, _ now: Int64) -> Bool {
    guard let lease = lease(now) else { return false }
    return lease.id == leader.id && lease.epoch == leader.epoch && lease.left(now) > 0
  }

  func nextMark(_ vetoes: [String: String], _ now: Int64) -> Int64 {
    max((ControlRule.number(vetoes["mark"]) ?? 0) + 1, now)
  }

  /// The stamp in Redis, with its age.
  func stamped(_ now: Int64) -> ControlStamp? {
    let numbers = text(names.stamp, now)?.split(separator: " ").compactMap { ControlRule.number($0) } ?? []
    guard numbers.count == 3 else { return nil }
    return ControlStamp(epoch: numbers[0], count: numbers[1], age: now - numbers[2])
  }

  private func isRefused(_ line: String, of model: ControlModel, _ now: Int64) -> Bool {
    switch ControlLine.exposure(line) {
    case .none: false
    case .unreadable: true
    case .candidate(let version):
      hash(names.vetoes, now)[ControlVetoes.Version(model, version).prefix + "*"] != nil
    }
  }

  private mutating func settle(_ answer: ControlAnswerText, _ now: Int64) {
    write(answer.text, to: names.answer(answer.ask), for: ControlAsk.lifetime, now: now)
    var asks = hash(names.asks, now)
    asks[answer.ask] = nil
    write(asks, to: names.asks, now: now)
  }
}
