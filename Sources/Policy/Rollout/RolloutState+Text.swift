/// `ver=17 active=11 candidate=12 state=CANARY step=2 weight=5 since=1795290242389 slow95=812 deprecated=10@1797882242389,9@1797882242000`
///
/// In SHADOW `weight` is 0, and `copies` the share of the sessions that are copied: who does not know that word exposes nothing by it.
///
/// The words `candidate`, `weight` and `copies` are read by the script that writes a line, too: it refuses a share for a version that is
/// vetoed.
extension RolloutState {
  package var text: String {
    var words = [("ver", "\(revision)")]
    if let active { words.append(("active", "\(active)")) }
    if let candidate { words += candidate.words }
    if !deprecated.isEmpty {
      words.append(
        ("deprecated", deprecated.map { "\($0.version)@\($0.sunset)" }.joined(separator: ",")))
    }
    if !rolledBack.isEmpty {
      words.append(("rolledback", rolledBack.map(String.init).joined(separator: ",")))
    }
    words += unknown.map { ($0.name, $0.value) }
    return words.map { "\($0.0)=\($0.1)" }.joined(separator: " ")
  }

  /// Reads a `text`; nil where a word that is known has a value that it can't have.
  package init?(text: some StringProtocol) {
    var words: [String: Substring] = [:]
    for word in text.split(separator: " ") {
      guard let end = word.firstIndex(of: "=") else { return nil }
      let (name, value) = (String(word[..<end]), Substring(word[word.index(after: end)...]))
      guard words.updateValue(value, forKey: name) == nil else { return nil }
      if !Self.known.contains(name) { unknown.append(Word(name: name, value: String(value))) }
    }
    guard let revision = words["ver"].map({ Int64($0) }) ?? 0, revision >= 0,
      let active = Self.number(words["active"]), let candidate = Candidate.read(words),
      let deprecated = Self.deprecated(words["deprecated"]),
      let rolledBack = Self.versions(words["rolledback"])
    else { return nil }
    self.revision = revision
    (self.active, self.candidate) = (active, candidate)
    (self.deprecated, self.rolledBack) = (deprecated, rolledBack)
  }

  /// All words that this release writes.
  private static let known: Set<String> = [
    "ver", "active", "candidate", "state", "step", "weight", "copies", "since", "hold", "slow95", "slow99",
    "ttft95",
    "cost90", "cost99", "long95", "lowq10", "deprecated", "rolledback",
  ]

  /// Nil inside: there is none. Nil outside: what stands there is no version.
  private static func number(_ text: Substring?) -> Int?? {
    guard let text else { return .some(nil) }
    return version(text).map { .some($0) }
  }

  fileprivate static func version(_ text: Substring) -> Int? {
    Int(text).flatMap { 1...1_000_000_000 ~= $0 ? $0 : nil }
  }

  private static func versions(_ text: Substring?) -> [Int]? {
    guard let text else { return [] }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let versions = parts.compactMap(version)
    return versions.count == parts.count ? versions : nil
  }

  private static func deprecated(_ text: Substring?) -> [Deprecated]? {
    guard let text else { return [] }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let found = parts.compactMap { part -> Deprecated? in
      let pair = part.split(separator: "@", omittingEmptySubsequences: false)
      guard pair.count == 2, let version = version(pair[0]), let sunset = Int64(pair[1]) else { return nil }
      return Deprecated(version: version, sunset: sunset)
    }
    return found.count == parts.count ? found : nil
  }
}

extension RolloutState.Candidate {
  fileprivate var words: [(String, String)] {
    var words = [("candidate", "\(version)"), ("state", phase.rawValue), ("step", "\(step)")]
    words += phase == .shadow ? [("weight", "0"), ("copies", "\(weight)")] : [("weight", "\(weight)")]
    words.append(("since", "\(since)"))
    if let hold { words.append(("hold", hold.rawValue)) }
    if let thresholds { words += thresholds.words }
    return words
  }

  /// Nil inside: there is no candidate.
  fileprivate static func read(_ words: [String: Substring]) -> RolloutState.Candidate?? {
    guard let text = words["candidate"] else { return .some(nil) }
    guard let version = RolloutState.version(text),
      let phase = words["state"].flatMap({ RolloutState.Phase(rawValue: String($0)) }),
      let since = words["since"].flatMap({ Int64($0) }),
      let step = words["step"].flatMap({ Int($0) }), 0..<100 ~= step,
      let weight = (phase == .shadow ? words["copies"] ?? words["weight"] : words["weight"])
        .flatMap({ Weight(percent: $0) })
    else { return nil }
    var candidate = Self(version: version, phase: phase, since: since)
    (candidate.step, candidate.weight) = (step, weight)
    if let text = words["hold"] {
      guard let hold = RolloutState.Hold(rawValue: String(text)) else { return nil }
      candidate.hold = hold
    }
    guard let thresholds = Thresholds.read(words) else { return nil }
    candidate.thresholds = thresholds
    return .some(candidate)
  }
}

extension Thresholds {
  static var places: [(String, WritableKeyPath<Thresholds, Int64?>)] {
    [
      ("slow95", \.slow95), ("slow99", \.slow99), ("ttft95", \.ttft95), ("cost90", \.cost90),
      ("cost99", \.cost99), ("long95", \.long95), ("lowq10", \.lowq10),
    ]
  }

  /// `slow95` always, `-` where the baseline had nothing to measure.
  fileprivate var words: [(String, String)] {
    Self.places.compactMap { name, place in
      let value = self[keyPath: place].map { "\($0)" }
      return (value ?? (name == Self.first ? "-" : nil)).map { (name, $0) }
    }
  }

  private static let first = "slow95"

  /// Nil inside: there are none yet, though a release that does not know all of them may have left others of a step before.
  fileprivate static func read(_ words: [String: Substring]) -> Thresholds?? {
    guard words[first] != nil else { return .some(nil) }
    var thresholds = Thresholds()
    for (name, place) in places {
      guard let text = words[name], text != "-" else { continue }
      guard let value = Int64(text), value >= 0 else { return nil }
      thresholds[keyPath: place] = value
    }
    return .some(thresholds)
  }
}
