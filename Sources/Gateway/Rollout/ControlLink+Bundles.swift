import Coordination
import Logging
import Policy

/// Taking a configuration: its lines are read, and the bundles of versions that may serve, before anything goes by it.
extension ControlLink {
  private struct Wanted {
    var model: ControlModel
    var version: Int
  }

  /// Once all that it names is known here it is delivered; where the shared state fails meanwhile, the next sync tries again.
  func fetch(_ config: ControlConfig) {
    guard fetching?.position != config.position else { return }
    fetching = config
    let read = read(config)
    let wanted = read.flatMap { model, state in
      state.served.filter { bundles[model]?[$0] == nil }.map { Wanted(model: model, version: $0) }
    }
    guard !wanted.isEmpty else { return finish(config, read) }
    var (left, hasFailed) = (wanted.count, false)
    for item in wanted {
      register.readBundle(item.model, version: Int64(item.version)) { [weak self] result in
        if let self, !self.took(result, item) { hasFailed = true }
        left -= 1
        if left == 0 { self?.ended(config, read, hasFailed: hasFailed) }
      }
    }
    register.flush()
  }

  private func ended(
    _ config: ControlConfig, _ read: [ControlModel: RolloutState], hasFailed: Bool
  ) {
    guard fetching?.position == config.position else { return }  // a higher one came meanwhile
    let isNews = taken?.position != config.position || missing != absent
    if hasFailed || !isNews { fetching = nil } else { finish(config, read) }
  }

  /// False where nobody knows what there is.
  private func took(_ result: Result<String?, StateFailure>, _ item: Wanted) -> Bool {
    guard case .success(let line) = result else { return false }
    let version = ControlVetoes.Version(item.model, Int64(item.version))
    guard let line else {
      missing.insert(version)
      return true
    }
    do throws(BundleError) {
      bundles[item.model, default: [:]][item.version] = try Bundle(line: line)
      missing.remove(version)
    } catch {
      missing.insert(version)
      tellOnce(
        "bundle \(item.model.escaped)@\(item.version)", "a version can't be read, and is not served here",
        ["model": "\(item.model.name)", "version": "\(item.version)", "reason": "\(error)"])
    }
    return true
  }

  /// What can't be read is served as before, without a candidate: nobody here knows what it says.
  private func read(_ config: ControlConfig) -> [ControlModel: RolloutState] {
    var read: [ControlModel: RolloutState] = [:]
    for (model, line) in config.lines {
      guard let state = RolloutState(text: line) else {
        read[model] = states[model] ?? RolloutState()
        read[model]?.candidate = nil
        tellOnce(
          "line \(model.escaped)",
          "what was decided about a model can't be read: its candidate gets nothing here",
          ["model": "\(model.name)", "line": "\(line)"])
        continue
      }
      for word in state.unknown {
        tellOnce(
          "word \(word.name)", "another release has decided something that this one does not know",
          ["model": "\(model.name)", "word": "\(word.name)"])
      }
      read[model] = state
    }
    return read
  }

  private func finish(_ config: ControlConfig, _ read: [ControlModel: RolloutState]) {
    fetching = nil
    if waiting?.position == config.position { waiting = nil }
    (taken, states) = (config, read)
    bundles = bundles.filter { read[$0.key] != nil }
    missing = missing.filter { read[$0.model]?.served.contains(Int($0.version)) ?? false }
    absent = missing
    renewGates()
    var candidates: [String: RolloutState.Candidate] = [:]
    for (model, state) in read { candidates[model.name] = state.candidate }
    desk.evidence.apply(candidates, now: clock())
    let shadowed = candidates.filter { $0.value.phase == .shadow && $0.value.weight > .zero }
    desk.shadows.apply(Set(shadowed.keys))
    deliver()
  }

  /// What was taken is to be gone by.
  func deliver() {
    var rollouts = Rollouts(
      position: taken?.position ?? .none, hash: taken?.hash ?? "", config: taken, lease: desk.lease,
      freshUntil: freshUntil(taken))
    for (model, state) in states {
      let gate = state.candidate.flatMap { gates[.init(model, Int64($0.version))] }
      rollouts.models[model.name] = Rollouts.Model(state, bundles: bundles[model] ?? [:], gate: gate)
    }
    for bundle in staged {
      rollouts.models[bundle.model, default: Rollouts.Model(RolloutState())].staged[bundle.version] = bundle
    }
    desk.deliver(rollouts)
  }
}
