import Coordination
import Logging
import Policy

/// This replica's word against a candidate.
struct OwnVeto {
  var metric: RolloutMetric
  /// It is the cluster's now: there is nothing more to say.
  var isVetoed = false
}

/// Counts that are being told.
struct PendingCount {
  var batch: EvidenceDesk.Batch
  var count: ControlCount
  /// They are on their way.
  var isSent = false
}

/// What is seen of candidates: told to all once a second, and looked at here, where harm ends a candidate at once.
extension ControlLink {
  func tellEvidence() {
    for batch in desk.evidence.take() {
      guard let model = ControlModel(batch.subject.model) else { continue }
      // Each second, also where nobody can be told: a replica that is cut off has only its own word.
      judge(batch, model)
      queue(batch, model)
    }
    for (model, batch) in untold where pending[model] == nil {
      untold[model] = nil
      if let count = count(batch, model, second: register.now / 1_000) {
        pending[model] = PendingCount(batch: batch, count: count)
      }
    }
    for model in pending.keys { send(model) }
    register.flush()
  }

  /// Seconds that can't be told yet become one: what waits is no more than that, however long nobody answers.
  private func queue(_ batch: EvidenceDesk.Batch, _ model: ControlModel) {
    if untold[model]?.candidate.isJudged(as: batch.candidate) == true {
      untold[model]?.tally += batch.tally
    } else {
      untold[model] = batch
    }
  }

  /// Nil where there is too much in it: it is lost.
  private func count(_ batch: EvidenceDesk.Batch, _ model: ControlModel, second: Int64) -> ControlCount? {
    sequence += 1
    return ControlCount(
      replica: replica, sequence: sequence, model, second: max(0, second), batch.tally.words)
  }

  private func send(_ model: ControlModel) {
    guard register.isAvailable, let item = pending[model], !item.isSent else { return }
    pending[model]?.isSent = true
    let sequence = item.count.sequence
    register.count(item.count) { [weak self] result in
      guard let self, self.pending[model]?.count.sequence == sequence else { return }
      self.heard(result, of: model)
    }
  }

  private func heard(_ result: Result<ControlCount.Reply, StateFailure>, of model: ControlModel) {
    switch result {
    case .success(.counted), .success(.repeated): pending[model] = nil
    case .success(.late(let now)):
      guard let batch = pending[model]?.batch, let count = count(batch, model, second: now / 1_000) else {
        return pending[model] = nil
      }
      pending[model] = PendingCount(batch: batch, count: count)
    case .failure:
      // Perhaps it was counted: the same again is not counted twice.
      pending[model]?.isSent = false
    }
  }

  // MARK: Candidates

  /// After another configuration: gates of candidates that go on are kept, those of others forgotten.
  func renewGates() {
    var next: [ControlVetoes.Version: CandidateGate] = [:]
    for (model, state) in states {
      guard let candidate = state.candidate else { continue }
      let version = ControlVetoes.Version(model, Int64(candidate.version))
      next[version] = gates[version] ?? CandidateGate()
      if vetoes.vetoed.contains(version) { next[version]?.close() }
      if tests[model]?.isOf(candidate) != true { tests[model] = LocalVeto(candidate) }
    }
    gates = next
    own = own.filter { next[$0.key] != nil }
    tests = tests.filter { states[$0.key]?.candidate != nil }
    pending = pending.filter { model, item in
      states[model]?.candidate?.isJudged(as: item.batch.candidate) ?? false
    }
    untold = untold.filter { model, batch in
      states[model]?.candidate?.isJudged(as: batch.candidate) ?? false
    }
  }

  private func judge(_ batch: EvidenceDesk.Batch, _ model: ControlModel) {
    let version = ControlVetoes.Version(model, Int64(batch.subject.version))
    // Copies harm nobody: whoever leads decides.
    guard batch.candidate.phase == .canary, batch.candidate.thresholds != nil,
      tests[model]?.isOf(batch.candidate) == true,
      own[version] == nil,
      let metric = tests[model]?.fold(.init(batch.tally.words), replicas: replicas)
    else { return }
    gates[version]?.close()
    own[version] = OwnVeto(metric: metric)
    desk.note { $0.vetoes += 1 }
    logger.warning(
      "a version does harm here: it gets nothing more",
      metadata: [
        "model": "\(model.name)", "version": "\(batch.subject.version)", "metric": "\(metric.rawValue)",
      ])
    sayVetoes()
  }

  // MARK: Vetoes

  /// Says them again and again, until all replicas heed them.
  func sayVetoes() {
    guard register.isAvailable else { return }
    for (version, veto) in own where !veto.isVetoed {
      let word = ControlVeto(
        replica: replica, model: version.model, version: version.version, metric: veto.metric.rawValue,
        isForAll: isLeaderless)
      register.veto(word) { [weak self] result in
        if case .success(let reply) = result, reply.isVetoed { self?.own[version]?.isVetoed = true }
      }
    }
    register.flush()
  }

  /// All that are known from now on.
  func take(_ next: ControlVetoes) {
    let isForgotten = next.mark < vetoes.mark
    for (version, gate) in gates {
      if next.vetoed.contains(version) {
        gate.close()
        tellOnce(
          "veto \(version.model.escaped)@\(version.version)", "a version is vetoed: it gets nothing more",
          ["model": "\(version.model.name)", "version": "\(version.version)"])
      } else if isForgotten {
        own[version]?.isVetoed = false
      } else if isSaid(version, in: vetoes) && !isSaid(version, in: next) {
        acquit(version, gate)
      }
    }
    vetoes = next
  }

  private func isSaid(_ version: ControlVetoes.Version, in vetoes: ControlVetoes) -> Bool {
    vetoes.vetoed.contains(version) || vetoes.votes[version]?[replica] != nil
  }

  /// A person has taken the veto back: the candidate is looked at anew.
  private func acquit(_ version: ControlVetoes.Version, _ gate: CandidateGate) {
    own[version] = nil
    tests[version.model] = states[version.model]?.candidate.map { LocalVeto($0) }
    told.remove("veto \(version.model.escaped)@\(version.version)")
    gate.open()
    logger.notice(
      "a veto was taken back",
      metadata: ["model": "\(version.model.name)", "version": "\(version.version)"])
  }
}
