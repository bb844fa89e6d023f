/// What any replica does.
extension ControlStore {
  /// Tells what a replica routes by, and what there is.
  package mutating func sync(_ sync: ControlSync, now: Int64) -> ControlSync.Reply {
    var kept: [String: String] = [:]
    var replicas: Int64 = 1
    for (name, ack) in acks(now: now) where name != sync.replica {
      let age = now - ack.at
      guard age <= ControlAck.kept, age >= -ControlLease.tolerance else { continue }
      kept[name] = ack.text
      if age <= ControlAck.live { replicas += 1 }
    }
    kept[sync.replica] = ControlAck(position: sync.applied, hash: sync.hash, at: now).text
    write(kept, to: names.acks, for: ControlAck.kept, now: now)
    let (lease, config, vetoes) = (lease(now), config(now), hash(names.vetoes, now))
    let mark = ControlRule.number(vetoes["mark"]) ?? 0
    let position = config?.position ?? .none
    let isSame = position == sync.applied && config?.hash ?? "" == sync.hash
    return ControlSync.Reply(
      now: now, epoch: lease?.epoch ?? 0, left: lease?.left(now) ?? 0, leader: lease?.id ?? "",
      stamp: currentStamp(now), replicas: replicas,
      vetoes: mark == sync.vetoMark ? nil : ControlVetoes(fields: vetoes), position: position,
      change: isSame ? .same : config.map { .config($0) } ?? .gone)
  }

  /// One that was written before the clock went back counts as none.
  private func currentStamp(_ now: Int64) -> ControlStamp? {
    guard var stamp = stamped(now), stamp.age >= -ControlLease.tolerance else { return nil }
    stamp.age = max(0, stamp.age)
    return stamp
  }

  package func acks(now: Int64) -> [String: ControlAck] {
    hash(names.acks, now).compactMapValues(ControlAck.init)
  }

  package func vetoes(now: Int64) -> ControlVetoes { ControlVetoes(fields: hash(names.vetoes, now)) }

  /// Says that a version is bad. It is the cluster's word where two replicas say so, or one that is alone, or that says it for all.
  package mutating func veto(_ veto: ControlVeto, now: Int64) -> ControlVeto.Reply {
    var vetoes = hash(names.vetoes, now)
    let version = ControlVetoes.Version(veto.model, veto.version)
    let (all, own) = (version.prefix + "*", version.prefix + veto.replica)
    var votes = Int64(vetoes.keys.count { $0.hasPrefix(version.prefix) && $0 != all })
    let wasVetoed = vetoes[all] != nil
    let isNew = vetoes[own] == nil && !wasVetoed
    if isNew { votes += 1 }
    let isVetoed = wasVetoed || veto.isForAll || votes >= 2 || isAlone(veto.replica, now)
    guard isNew || isVetoed != wasVetoed else {
      return ControlVeto.Reply(votes: votes, isVetoed: isVetoed)
    }
    let value = "\(now) \(veto.metric) \(veto.replica)"
    if isNew { vetoes[own] = value }
    if isVetoed { vetoes[all] = value }
    vetoes["mark"] = "\(nextMark(vetoes, now))"
    write(vetoes, to: names.vetoes, now: now)
    publish(.veto(version))
    return ControlVeto.Reply(votes: votes, isVetoed: isVetoed)
  }

  private func isAlone(_ replica: String, _ now: Int64) -> Bool {
    !acks(now: now).contains { name, ack in
      name != replica && now - ack.at <= ControlAck.live && ack.at - now <= ControlLease.tolerance
    }
  }

  // MARK: Asks

  package mutating func ask(_ ask: ControlAsk, now: Int64) -> ControlAsk.Reply {
    if let answer = text(names.answer(ask.id), now) { return .answered(answer) }
    var asks = hash(names.asks, now).filter { ControlWaiting(id: $0.key, $0.value, now: now) != nil }
    if let former = asks[ask.id] {
      return ControlWaiting(id: ask.id, former, now: now)?.ask == ask ? .waits : .taken
    }
    guard asks.count < bounds.asks else { return .full(Int64(asks.count)) }
    asks[ask.id] = "\(now) \(ask.text)"
    write(asks, to: names.asks, for: ControlAsk.lifetime, now: now)
    publish(.ask)
    return .waits
  }

  /// Those that wait, the oldest first.
  package func asks(now: Int64) -> [ControlWaiting] {
    ControlWaiting.all(hash(names.asks, now), now: now)
  }

  /// What came of an ask; nil: it waits, or nobody knows it.
  package func answer(to ask: String, now: Int64) -> String? { text(names.answer(ask), now) }

  // MARK: Bundles

  package mutating func register(_ bundle: ControlBundle, now: Int64) -> ControlBundle.Reply {
    let key = names.bundles(bundle.model)
    var bundles = hash(key, now)
    if let former = bundles["\(bundle.version)"] {
      return former == bundle.text ? .registered(isNew: false) : .other(text: former)
    }
    guard bundles.count < bounds.bundles else { return .full(Int64(bundles.count)) }
    note(bundle.audit, epoch: 0, version: 0, now: now)
    bundles["\(bundle.version)"] = bundle.text
    write(bundles, to: key, now: now)
    publish(.bundle(bundle.model, version: bundle.version))
    return .registered(isNew: true)
  }

  /// Text by version; fields that are no version are passed over.
  package func bundles(of model: ControlModel, now: Int64) -> [Int64: String] {
    Self.bundles(hash(names.bundles(model), now))
  }

  package static func bundles(_ fields: [String: String]) -> [Int64: String] {
    let pairs = fields.compactMap { field, text in ControlRule.number(field).map { ($0, text) } }
    return Dictionary(pairs) { first, _ in first }
  }

  package func bundle(_ model: ControlModel, version: Int64, now: Int64) -> String? {
    hash(names.bundles(model), now)["\(version)"]
  }

  // MARK: Evaluations

  package mutating func keep(_ evaluation: ControlEvaluation, now: Int64) -> ControlEvaluation.Reply {
    guard bundle(evaluation.model, version: evaluation.version, now: now) != nil else { return .unknown }
    let key = names.evaluations(evaluation.model)
    var evaluations = hash(key, now)
    let field = "\(evaluation.version)"
    if evaluations[field] == evaluation.text { return .kept }
    note(evaluation.audit, epoch: 0, version: 0, now: now)
    evaluations[field] = evaluation.text
    write(evaluations, to: key, now: now)
    return .kept
  }

  /// Text by version.
  package func evaluations(of model: ControlModel, now: Int64) -> [Int64: String] {
    Self.bundles(hash(names.evaluations(model), now))
  }

  package func evaluation(_ model: ControlModel, version: Int64, now: Int64) -> String? {
    hash(names.evaluations(model), now)["\(version)"]
  }
}
