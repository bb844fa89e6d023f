import Policy
import Settings

/// A virtual key's terms, and whom they stand for under one configuration.
struct VirtualKeyHolder: Sendable {
  private let id: KeyID
  private let terms: KeyTerms
  private let epoch: Int
  /// Nil where the configuration has no tenant of that name, or a time zone is not known on this machine.
  private let compiled: Principal?

  init(_ id: KeyID, _ terms: KeyTerms, in snapshot: Snapshot) {
    self.id = id
    self.terms = terms
    epoch = snapshot.epoch
    compiled = snapshot.authenticator.principal(of: id, terms, snapshot)
  }

  func isCompiled(for snapshot: Snapshot) -> Bool { snapshot.epoch == epoch }

  /// The same under another configuration.
  func compiled(for snapshot: Snapshot) -> VirtualKeyHolder { VirtualKeyHolder(id, terms, in: snapshot) }

  /// Whom the key stands for in an exchange that goes by this configuration.
  func principal(in snapshot: Snapshot) -> Principal? {
    isCompiled(for: snapshot) ? compiled : snapshot.authenticator.principal(of: id, terms, snapshot)
  }
}
