/// The key in Redis of what replicas have learned of a model's deployments.
package struct ChoiceNames: Sendable {
  private let prefix: String

  /// `prefix` is `state.key_prefix`.
  package init(prefix: String) { self.prefix = prefix }

  /// A hash: replica → `ChoiceEntry`; `off`, where somebody has stopped the choice.
  package func sums(_ model: ControlModel) -> String { "\(prefix):{ml:\(model.escaped)}:sums" }

  /// The field that stops the choice, whatever it holds.
  package static let off = "off"
}

/// What a replica has learned, as the shared state keeps it: `<ms> <sequence> <edition> <numbers>`, or `<ms> <sequence> adopted`.
package struct ChoiceEntry: Equatable, Sendable {
  /// Milliseconds of Redis' clock.
  package var at: Int64
  /// Of the call by which it was told.
  package var sequence: Int64
  /// Nil once another replica has taken it over.
  package var told: Told?

  package struct Told: Equatable, Sendable {
    /// What its numbers are of: see `ChoiceTerms.edition`.
    package var edition: String
    package var numbers: String
  }

  /// The word in the place of what was taken over.
  static let adopted = "adopted"

  package init?(_ text: String) {
    let words = text.split(separator: " ", maxSplits: 3)
    guard words.count >= 3, let at = ControlRule.number(String(words[0])),
      let sequence = ControlRule.number(String(words[1]))
    else { return nil }
    (self.at, self.sequence) = (at, sequence)
    if words.count == 4 {
      told = Told(edition: String(words[2]), numbers: String(words[3]))
    } else {
      guard words[2] == Self.adopted else { return nil }
      told = nil
    }
  }

  /// Milliseconds of silence behind which a replica is taken for gone.
  package static let silence: Int64 = 60_000
  /// Milliseconds for which it is remembered that an entry was taken over: a replica that comes back meanwhile begins anew.
  package static let memory: Int64 = 86_400_000

  /// Whether somebody may take it over, or clear it away.
  package func isAbandoned(at now: Int64) -> Bool {
    now - at > (told == nil ? Self.memory : Self.silence)
  }
}

/// Sets what a replica has learned so far, and takes over what another had that is no more.
package struct ChoiceNote: Equatable, Sendable {
  package let replica: String
  /// Rises with each call of this replica about this model; the same again changes nothing.
  package let sequence: Int64
  package let model: ControlModel
  /// All that it has learned, with what it takes over.
  package let told: ChoiceEntry.Told
  package let adoption: Adoption?
  /// It was told that another replica has taken over what it had told, and begins anew.
  package let isAnew: Bool

  /// Another replica's entry, as it was read.
  package struct Adoption: Equatable, Sendable {
    package var replica: String
    package var sequence: Int64

    package init(replica: String, sequence: Int64) { (self.replica, self.sequence) = (replica, sequence) }
  }

  /// Milliseconds that everything is kept beyond the last call.
  package static let lifetime: Int64 = 30 * 86_400_000

  package init(
    replica: String, sequence: Int64, _ model: ControlModel, edition: String, numbers: String,
    adoption: Adoption? = nil, isAnew: Bool = false
  ) {
    precondition(ControlRule.isID(replica) && replica != ChoiceNames.off, "'\(replica)' is no replica's name")
    precondition(ControlRule.isNumber(sequence), "call \(sequence)")
    (self.replica, self.sequence, self.model) = (replica, sequence, model)
    told = ChoiceEntry.Told(edition: edition, numbers: numbers)
    (self.adoption, self.isAnew) = (adoption, isAnew)
  }

  package enum Reply: Int64, Equatable, Sendable {
    /// Nothing was set: what was to be taken over has changed.
    case outrun = 0
    case told = 1
    /// By the same call before.
    case repeated = 2
    /// Nothing was set: another replica has taken over what this one had told, as it was silent for long.
    case adopted = 3
  }
}
