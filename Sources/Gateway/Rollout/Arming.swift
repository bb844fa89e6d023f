import Coordination
import Dialects
import Policy
import Telemetry

/// Which version of the model an exchange is for, once it is known which model.
extension Worker {
  /// Changes the facts to those of the request that will be sent.
  func chooseArm(
    _ request: inout PeekedRequest, _ target: ExperimentTable.Target, _ pin: VersionPin?,
    _ principal: Principal, _ exchange: Exchange
  ) throws(ExchangeError) {
    let snapshot = exchange.snapshot
    let unit = StickyUnit(
      head: exchange.head, facts: request.facts, principal: principal, request: exchange.id)
    let arm: Arm?
    if let version = target.version {
      arm = Arm(kind: .experiment, position: version)
    } else {
      try load(pin, of: target.model, principal, snapshot)
      let own = try snapshot.arm(target.model, pin, principal.pins, now: limiter.now) { unit.hash($0) }
      arm = snapshot.arm(own, ofModel: target.model, within: exchange.permitted)
    }
    guard let arm, let entry = snapshot.versions?.entry(at: arm.position) else { return exchange.arm = arm }
    exchange.arm = arm
    checkPrompt(entry, exchange)
    guard let edits = entry.edits else { return }
    request.facts = edits.facts(of: request)
    exchange.facts = request.facts
  }

  /// Of versions that aren't served, a replica reads those that are asked for.
  private func load(
    _ pin: VersionPin?, of model: Int, _ principal: Principal, _ snapshot: Snapshot
  ) throws(ExchangeError) {
    guard principal.pins == .all, let number = pin?.number,
      snapshot.versions?.position(of: number, route: model) == nil
    else { return }
    let version = StagedVersions.Version(model: snapshot.models[model].name, number: number)
    let isAbsent = snapshot.versions?.absent.contains {
      $0.model == version.model && $0.version == number && !$0.isUnread
    }
    if isAbsent == true { return }
    if rollouts.staged.want(version, now: replica.clock.monotonic) == .loading { throw .versionLoading }
  }

  /// Clients that send a version's prompt themselves say which one it was.
  private func checkPrompt(_ entry: VersionTable.Entry, _ exchange: Exchange) {
    guard let prompt = entry.bundle.prompt, let sent = exchange.head.string(.xPromptHash),
      sent.lowercased() != prompt.sha256.text
    else { return }
    shard.increment(registry.series(Catalogue.promptMismatches, exchange.snapshot.models[entry.route].name))
  }
}

extension Snapshot {
  /// The model that is asked for, and the version of it if any is.
  func asked(
    _ facts: RequestFacts, _ head: RequestHead, _ principal: Principal
  ) throws(ExchangeError) -> (model: Int, pin: VersionPin?) {
    let byHeader = try head.versionPin()
    do throws(ExchangeError) {
      return (try table.model(facts, principal), byHeader)
    } catch {
      // A model may itself be called `a@1`: only what isn't there is a version of something.
      guard let name = facts.model, table.positions[name] == nil,
        let (base, text) = VersionPin.parts(of: name), let model = table.positions[base],
        principal.allows(model), let pin = VersionPin(text)
      else { throw error }
      if let byHeader, byHeader != pin { throw .twoVersions }
      return (model, pin)
    }
  }

  /// Nil where nothing was decided about the model, and nothing is pinned. `now`: milliseconds since 1970; `hash` takes a salt.
  func arm(
    _ model: Int, _ pin: VersionPin?, _ right: PinRight = .served, now: Int64, hash: ([UInt8]) -> UInt64
  ) throws(ExchangeError) -> Arm? {
    guard let pin else {
      return versions?.arm(model, now: StateClock.monotonicMilliseconds(), hash: hash)
    }
    if let arm = versions?.arm(model, pin: pin, right, now: now) { return arm }
    throw .noSuchVersion(of: models[model].name, pinnable: versions?.pinnable(model, now: now) ?? [])
  }
}

extension RequestHead {
  /// What `x-switchyard-version` asks for.
  fileprivate func versionPin() throws(ExchangeError) -> VersionPin? {
    guard let text = string(.xSwitchyardVersion) else { return nil }
    guard let pin = VersionPin(text) else { throw .badVersion }
    return pin
  }
}

extension ExchangeError {
  static let badVersion = invalid(
    "The header x-switchyard-version is no version. Send a number (12), or a range (>=11, <=14, or both with a comma).",
    code: "invalid_version")

  static let versionLoading = ExchangeError(
    status: 503, type: "server_error", code: "version_loading",
    message: "The version is not served, and this replica reads it now. Try again in a second.",
    fault: .switchyard, retryAfterSeconds: 1, retryAfterMilliseconds: 300)

  static let twoVersions = invalid(
    "The model's name and the header x-switchyard-version ask for different versions. Send one of them.",
    code: "conflicting_versions", param: "model")

  static func noSuchVersion(of model: String, pinnable: [Int]) -> ExchangeError {
    let there =
      pinnable.isEmpty
      ? "It has none that may be asked for."
      : "Those are: \(pinnable.map(String.init).joined(separator: ", "))."
    return ExchangeError(
      status: 404, type: "invalid_request_error", code: "version_not_found",
      message: "The model '\(model)' has no such version to be asked for. \(there)", fault: .client,
      param: "model")
  }
}
