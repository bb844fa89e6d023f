/// What an answer says of itself to whoever judges it later: which arms its exchange was in.
///
/// Clients send it back as it was, sealed: until they do, nothing of it is kept anywhere.
package struct FeedbackTicket: Equatable, Sendable {
  /// When the answer began, by the shared state's clock; milliseconds.
  package var at: Int64
  /// By chance: each answer is judged once.
  package var id: UInt64
  /// Of a model with a candidate.
  package var rollout: Rollout?
  /// Of an exchange in an experiment.
  package var trial: Trial?
  /// What of its session is left behind hashing, where rules ask whether that has rejected its last answer.
  package var session: UInt64?
  /// Of an answer whose deployment a learned choice has drawn.
  package var choice: Choice?

  /// Milliseconds for which an answer may be judged.
  package static let lifetime: Int64 = 86_400_000

  package struct Rollout: Equatable, Sendable {
    package var model: ControlModel
    /// The candidate's.
    package var version: Int
    package var arm: StickyArm
    /// What of its session is left behind hashing.
    package var unit: UInt64

    package init(model: ControlModel, version: Int, arm: StickyArm, unit: UInt64) {
      (self.model, self.version, self.arm, self.unit) = (model, version, arm, unit)
    }
  }

  package struct Trial: Equatable, Sendable {
    package var subject: ExperimentSubject
    /// Its position.
    package var arm: Int
    /// What of its session is left behind hashing.
    package var unit: UInt64

    package init(subject: ExperimentSubject, arm: Int, unit: UInt64) {
      (self.subject, self.arm, self.unit) = (subject, arm, unit)
    }
  }

  package struct Choice: Equatable, Sendable {
    package var model: ControlModel
    /// Of what is learned: see `ChoiceTerms.edition`.
    package var edition: String
    package var context: ChoiceContext
    /// What cost and latency take off the answer's worth.
    package var penalty: Double

    package init(model: ControlModel, edition: String, context: ChoiceContext, penalty: Double) {
      (self.model, self.edition, self.context, self.penalty) = (model, edition, context, penalty)
    }
  }

  package init(
    at: Int64, id: UInt64, rollout: Rollout? = nil, trial: Trial? = nil, session: UInt64? = nil,
    choice: Choice? = nil
  ) {
    (self.at, self.id, self.rollout, self.trial, self.session) = (at, id, rollout, trial, session)
    self.choice = choice
  }

  /// Whose judgements count once in a second.
  package var unit: UInt64 { session ?? rollout?.unit ?? trial?.unit ?? id }
}

// MARK: Text

/// `1~<at>~<id>~<model>@<version>@<b or c>@<unit>~<experiment>@<edition>@<arm>@<unit>`, numbers to the base of 36; `-` where there is
/// no candidate, or no experiment. With a session it begins with 2 and ends with `~<session>`; with a choice it begins with 3 and ends with
/// `~<session>~<choice>`, the session `-` where there is none.
extension FeedbackTicket {
  package var text: String {
    let form = choice != nil ? "3" : session == nil ? "1" : "2"
    var parts = [
      form, Self.digits(UInt64(max(0, at))), Self.digits(id), rollout?.text ?? "-", trial?.text ?? "-",
    ]
    if form != "1" { parts.append(session.map(Self.digits) ?? "-") }
    if let choice { parts.append(choice.text) }
    return parts.joined(separator: "~")
  }

  /// Nil where another release wrote it.
  package init?(text: some StringProtocol) {
    let parts = text.split(separator: "~", omittingEmptySubsequences: false)
    guard let form = Int(parts[0]), (1...3).contains(form), parts[0] == "\(form)", parts.count == 4 + form,
      let at = Self.number(parts[1]).flatMap({ Int64(exactly: $0) }), let id = Self.number(parts[2])
    else { return nil }
    self.init(at: at, id: id)
    if parts[3] != "-" {
      guard let rollout = Rollout(text: parts[3]) else { return nil }
      self.rollout = rollout
    }
    if parts[4] != "-" {
      guard let trial = Trial(text: parts[4]) else { return nil }
      self.trial = trial
    }
    if form == 2 || form == 3 && parts[5] != "-" {
      guard let session = Self.number(parts[5]) else { return nil }
      self.session = session
    }
    if form == 3 {
      guard let choice = Choice(text: parts[6]) else { return nil }
      self.choice = choice
    }
  }

  static func digits(_ number: UInt64) -> String { String(number, radix: 36) }
  static func number(_ text: some StringProtocol) -> UInt64? { UInt64(text, radix: 36) }
}

extension FeedbackTicket.Rollout {
  fileprivate var text: String {
    let arm = arm == .canary ? "c" : "b"
    return "\(model.escaped)@\(FeedbackTicket.digits(UInt64(version)))@\(arm)@\(FeedbackTicket.digits(unit))"
  }

  fileprivate init?(text: some StringProtocol) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 4, let model = ControlModel(escaped: parts[0]),
      let version = FeedbackTicket.number(parts[1]).flatMap({ Int(exactly: $0) }),
      parts[2] == "b" || parts[2] == "c", let unit = FeedbackTicket.number(parts[3])
    else { return nil }
    self.init(model: model, version: version, arm: parts[2] == "c" ? .canary : .baseline, unit: unit)
  }
}

extension FeedbackTicket.Trial {
  fileprivate var text: String {
    "\(subject.name)@\(subject.edition)@\(FeedbackTicket.digits(UInt64(arm)))@\(FeedbackTicket.digits(unit))"
  }

  fileprivate init?(text: some StringProtocol) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 4, RecordRule.isName(parts[0]), !parts[1].isEmpty,
      let arm = FeedbackTicket.number(parts[2]).flatMap({ Int(exactly: $0) }),
      let unit = FeedbackTicket.number(parts[3])
    else { return nil }
    let subject = ExperimentSubject(name: String(parts[0]), edition: String(parts[1]))
    self.init(subject: subject, arm: arm, unit: unit)
  }
}
