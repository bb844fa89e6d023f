/// What a person wants of the leader: `promote model=chat version=12 expect=17 by=ops`.
package struct ControlAsk: Equatable, Sendable {
  package let id: String
  package let text: String

  package static let longest = 4_096
  /// Asks that may wait.
  package static let most = 100
  /// Milliseconds that it waits: nobody is surprised by what was asked for long ago. Its answer is kept as long.
  package static let lifetime: Int64 = 600_000

  /// Nil where the id is none, or the text is not one line of at most 4 KB.
  package init?(id: String, text: String) {
    guard ControlRule.isID(id), ControlRule.isLine(text, most: Self.longest) else { return nil }
    (self.id, self.text) = (id, text)
  }

  package enum Reply: Equatable, Sendable {
    /// It waits, as of now or as it did before.
    case waits
    case answered(String)
    /// Another ask has this id.
    case taken
    /// So many wait already.
    case full(Int64)
  }
}

/// An ask that waits, with the milliseconds that it has waited.
package struct ControlWaiting: Equatable, Sendable {
  package var ask: ControlAsk
  package var age: Int64

  package init(_ ask: ControlAsk, age: Int64) { (self.ask, self.age) = (ask, age) }

  /// All that wait in the hash, the oldest first.
  package static func all(_ fields: [String: String], now: Int64) -> [ControlWaiting] {
    fields.compactMap { ControlWaiting(id: $0.key, $0.value, now: now) }
      .sorted { ($1.age, $0.ask.id) < ($0.age, $1.ask.id) }
  }

  /// Reads `<ms> <text>`; nil where it is too old, or makes no sense.
  package init?(id: String, _ value: String, now: Int64) {
    guard let blank = value.firstIndex(of: " "), let at = ControlRule.number(value[..<blank]),
      now - at < ControlAsk.lifetime, at - now <= ControlLease.tolerance,
      let ask = ControlAsk(id: id, text: String(value[value.index(after: blank)...]))
    else { return nil }
    self.init(ask, age: max(0, now - at))
  }
}

/// An ask and what came of it.
package struct ControlAnswerText: Equatable, Sendable {
  package let ask: String
  package let text: String

  /// What people wrote in it is made one line.
  package init(ask: String, _ text: String) {
    precondition(ControlRule.isID(ask), "'\(ask)' is no id of an ask")
    (self.ask, self.text) = (ask, ControlRule.line(text, most: ControlAsk.longest))
  }
}

/// Answers an ask that changes no configuration: it is refused, or a veto is taken back. In the name of a leader.
package struct ControlAnswer: Sendable {
  package let leader: ControlLeader
  package let answer: ControlAnswerText
  /// Its vetoes are taken back.
  package let unveto: ControlVetoes.Version?
  package let audit: ControlAudit?

  package init(
    _ leader: ControlLeader, _ answer: ControlAnswerText, unveto: ControlVetoes.Version? = nil,
    audit: ControlAudit? = nil
  ) {
    (self.leader, self.answer, self.unveto, self.audit) = (leader, answer, unveto, audit)
  }

  package enum Reply: Equatable, Sendable {
    /// So many vetoes were taken back.
    case answered(removed: Int64)
    /// Nobody asks so: it was answered before, or forgotten. Nothing was done.
    case unknown
    case fenced(epoch: Int64)
  }
}

/// A line of the audit stream; the script adds `epoch` and `ver`.
package struct ControlAudit: Equatable, Sendable {
  /// Names and values in turn.
  package let words: [String]

  /// Values are made one line of at most 1,000 characters.
  package init(_ fields: KeyValuePairs<String, String>) {
    precondition(fields.allSatisfy { ControlRule.isID($0.key) } && fields.count <= 32, "\(fields)")
    words = fields.flatMap { [$0.key, ControlRule.line($0.value, most: 1_000)] }
  }

  /// Lines that are kept.
  package static let most = 10_000

  /// One that was written.
  package struct Entry: Equatable, Sendable {
    /// `<ms>-<n>`
    package var id: String
    package var words: [String]

    package init(id: String, words: [String]) { (self.id, self.words) = (id, words) }

    package subscript(name: String) -> String? {
      stride(from: 0, to: words.count - 1, by: 2).first { words[$0] == name }.map { words[$0 + 1] }
    }
  }
}

/// Registers a version of a model, for ever.
package struct ControlBundle: Sendable {
  package let model: ControlModel
  package let version: Int64
  package let text: String
  package let audit: ControlAudit

  package static let longest = BundleRule.longestLine
  /// Versions that a model may have.
  package static let most = 500

  /// Nil where the text is not one line of at most 1 MiB, or the version isn't positive.
  package init?(_ model: ControlModel, version: Int64, text: String, audit: ControlAudit) {
    guard version > 0, ControlRule.isNumber(version), ControlRule.isLine(text, most: Self.longest) else {
      return nil
    }
    (self.model, self.version, self.text, self.audit) = (model, version, text, audit)
  }

  package enum Reply: Equatable, Sendable {
    case registered(isNew: Bool)
    /// Something else has this version.
    case other(text: String)
    /// The model has so many versions already.
    case full(Int64)
  }
}

/// A message on `ControlNames.channel`. Who hears one reads anew what it is about.
package enum ControlNews: Equatable, Sendable {
  case config(ControlPosition)
  /// A vote, a veto, or one that was taken back.
  case veto(ControlVetoes.Version)
  case ask
  case bundle(ControlModel, version: Int64)

  /// Nil where it makes no sense, or is of a later release.
  package init?(_ message: String) {
    let words = message.split(separator: " ")
    let number = words.count > 2 ? ControlRule.number(words[2]) : nil
    let model = words.count > 2 ? ControlModel(escaped: words[1]) : nil
    switch (words.first, model, number) {
    case ("cfg", _, let version?):
      guard let epoch = ControlRule.number(words[1]) else { return nil }
      self = .config(ControlPosition(epoch: epoch, version: version))
    case ("veto", let model?, let version?): self = .veto(.init(model, version))
    case ("bundle", let model?, let version?): self = .bundle(model, version: version)
    case ("ask", _, _): self = .ask
    default: return nil
    }
  }

  package var text: String {
    switch self {
    case .config(let position): "cfg \(position.epoch) \(position.version)"
    case .veto(let version): "veto \(version.model.escaped) \(version.version)"
    case .ask: "ask"
    case .bundle(let model, let version): "bundle \(model.escaped) \(version)"
    }
  }
}
