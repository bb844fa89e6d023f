/// A replica's word against a version.
package struct ControlVeto: Equatable, Sendable {
  package var replica: String
  package var model: ControlModel
  package var version: Int64
  /// What is bad.
  package var metric: String
  /// No leader was seen for a while: it is the cluster's at once.
  package var isForAll: Bool

  package init(replica: String, model: ControlModel, version: Int64, metric: String, isForAll: Bool) {
    precondition(ControlRule.isID(replica) && ControlRule.isID(metric), "'\(replica)' vetoes for '\(metric)'")
    precondition(ControlRule.isNumber(version), "version \(version)")
    (self.replica, self.model, self.version) = (replica, model, version)
    (self.metric, self.isForAll) = (metric, isForAll)
  }

  package struct Reply: Equatable, Sendable {
    /// Replicas that have said so, this one included.
    package var votes: Int64
    /// It is the cluster's, for ever unless a person takes it back. Otherwise a replica says it again with each sync.
    package var isVetoed: Bool

    package init(votes: Int64, isVetoed: Bool) { (self.votes, self.isVetoed) = (votes, isVetoed) }
  }
}

/// All vetoes as of a mark.
package struct ControlVetoes: Equatable, Sendable {
  package struct Version: Hashable, Sendable {
    package var model: ControlModel
    package var version: Int64

    package init(_ model: ControlModel, _ version: Int64) { (self.model, self.version) = (model, version) }

    /// What its fields begin with.
    var prefix: String { "\(model.escaped)@\(version)/" }
  }

  /// Rises with each change, and at least to the clock.
  package var mark: Int64
  /// Versions that must not be exposed.
  package var vetoed: Set<Version> = []
  /// What single replicas say, by version: replica → metric.
  package var votes: [Version: [String: String]] = [:]

  package init(mark: Int64) { self.mark = mark }

  /// Reads the hash in Redis; what makes no sense is passed over.
  package init(fields: [String: String]) {
    mark = ControlRule.number(fields["mark"]) ?? 0
    for (field, value) in fields {
      guard let at = field.firstIndex(of: "@"), let slash = field[at...].firstIndex(of: "/"),
        let model = ControlModel(escaped: field[..<at]),
        let number = ControlRule.number(field[field.index(after: at)..<slash])
      else { continue }
      let (version, voter) = (Version(model, number), String(field[field.index(after: slash)...]))
      let words = value.split(separator: " ")
      if voter == "*" {
        vetoed.insert(version)
      } else {
        votes[version, default: [:]][voter] = words.count > 1 ? String(words[1]) : ""
      }
    }
  }
}
