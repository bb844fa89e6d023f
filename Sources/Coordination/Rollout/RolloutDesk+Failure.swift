extension RolloutDesk {
  package enum Failure: Error, Equatable, Sendable {
    /// The shared state could not be asked.
    case away(StateFailure)
    /// No model is called so.
    case noName(String)
    /// Neither the configuration nor the registry has it.
    case noModel(String)
    case unknown(model: String, version: Int)
    case noCandidate(String)
    /// Something else has this version.
    case otherContent(model: String, version: Int)
    /// The model has so many versions.
    case full(model: String, Int64)
    /// Several things at once, and nobody said why.
    case changesTooMuch(String)
    /// So many asks wait already.
    case tooMany(Int64)
    case tooLong
    /// The leader has not said anything in time.
    case unanswered(isLed: Bool)
    /// The leader's own words.
    case refused(String)
    /// Something is there, and this release can't read it.
    case unreadable(String)
  }
}

extension RolloutDesk.Failure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .away(.refused(let error)): "the shared state refuses it: \(error)"
    case .away(.malformed): "the shared state answered something that no script of ours does"
    case .away:
      "the shared state does not answer; nothing may have happened, or all of it: look with 'rollout status', and try again"
    case .noName(let name): "'\(name.prefix(40))' is no name of a model: it has 1 to 200 bytes"
    case .noModel(let name): "there is no model '\(name)', and no version of one"
    case .unknown(let model, let version):
      "there is no version \(version) of '\(model)': 'switchyard bundles list' shows those that are"
    case .noCandidate(let model): "no version of '\(model)' is being tried: name the version that you mean"
    case .otherContent(let model, let version):
      "version \(version) of '\(model)' is registered with another content, which is for ever: take a new number"
    case .full(let model, let count): "'\(model)' has \(count) versions already, and no more are kept"
    case .changesTooMuch(let text): text
    case .tooMany(let count): "\(count) wishes wait for the leader already: is any replica running?"
    case .tooLong: "it is too long: shorten the reason"
    case .unanswered(true):
      "the leader has not answered yet; it may still do it within ten minutes: look with 'rollout status'"
    case .unanswered(false):
      "no replica leads now; whoever does within ten minutes will do it: look with 'rollout status'"
    case .refused(let text): text
    case .unreadable(let what): "\(what) can't be read by this release"
    }
  }
}
