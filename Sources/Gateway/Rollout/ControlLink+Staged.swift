import Coordination
import Policy

/// Versions in STAGING, for those who may ask for any.
extension ControlLink {
  /// Versions that a replica knows so; the one that was asked for first is forgotten.
  private static let mostStaged = 16

  func readStaged() {
    // Before it is known what is decided, nothing is put in force.
    guard register.isAvailable, desk.standing.isKnown else { return }
    let wanted = desk.staged.take()
    guard !wanted.isEmpty else { return }
    for version in wanted {
      guard let model = ControlModel(version.model) else { continue }
      register.readBundle(model, version: Int64(version.number)) { [weak self] result in
        if case .success(let line) = result { self?.took(line, version) }
      }
    }
    register.flush()
  }

  /// What can't be read is none that could be asked for.
  private func took(_ line: String?, _ version: StagedVersions.Version) {
    guard let line, let bundle = try? Bundle(line: line) else {
      return desk.staged.isAbsent(version, now: clock())
    }
    // It is put in force already.
    if staged.contains(bundle) { return }
    staged.removeAll { $0.model == bundle.model && $0.version == bundle.version }
    staged.append(bundle)
    if staged.count > Self.mostStaged { staged.removeFirst() }
    deliver()
  }
}
