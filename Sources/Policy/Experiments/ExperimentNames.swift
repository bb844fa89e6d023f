/// The keys in Redis of an experiment: all of one slot.
package struct ExperimentNames: Sendable {
  private let prefix: String

  /// `prefix` is `state.key_prefix`.
  package init(prefix: String) { self.prefix = prefix }

  /// A hash: replica → the last call that it has told.
  package func told(_ subject: ExperimentSubject) -> String { "\(tag(subject)):told:\(subject.edition)" }

  /// A hash: `sessions`, `<arm>.n`, and of each metric's values over sessions `<arm>.<metric>.n`, `.s`, `.qh` and `.ql`: their number, sum and
  /// sum of squares, the latter in two parts.
  package func sums(_ subject: ExperimentSubject) -> String { "\(tag(subject)):sums:\(subject.edition)" }

  /// A hash: `arm`, and metric → `<count> <sum>` of what was told of a session.
  package func session(_ unit: UInt64, of subject: ExperimentSubject) -> String {
    "\(tag(subject)):s:\(subject.edition):\(FeedbackTicket.digits(unit))"
  }

  /// Names of the configuration have no brace in them.
  private func tag(_ subject: ExperimentSubject) -> String {
    "\(prefix):{xp:\(PlainName.escaped(subject.name, beside: ":/+"))}"
  }
}
