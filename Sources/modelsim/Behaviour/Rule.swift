/// Which requests are meant, and what becomes of them. One spelling serves the admin door and directives.
struct Rule: Equatable, Sendable {
  var match = Match()
  var behaviour = Behaviour()
  /// The port stops listening instead; `refusesFor` nanoseconds, or until the rules are deleted.
  var refuses = false
  var refusesFor: Int64?

  struct Match: Equatable, Sendable {
    var model: String?
    var path: String?
    var port: Int?
    var isStream: Bool?
    /// A part of the body as it was sent. Bodies have to be kept.
    var contains: String?
    var probability: Double?
    /// Only the first so many requests that fit, after `skip` that do.
    var first: Int?
    var skip = 0
    /// Only every so-manieth.
    var every: Int?
    /// Tells apart the counters of directives that are otherwise the same.
    var id: String?

    var isEmpty: Bool { self == Match(port: port) }
  }

  /// What a request looks like to a rule.
  struct Subject {
    var model: String
    var path: String
    var port: Int
    var isStream: Bool
    /// Nil where bodies are not kept.
    var body: String?
  }
}

extension Rule.Match {
  /// Whether the request is of the kind that is meant (chance and counting aside).
  func fits(_ subject: Rule.Subject) -> Bool {
    (model == nil || model == subject.model) && (path == nil || path == subject.path)
      && (port == nil || port == subject.port) && (isStream == nil || isStream == subject.isStream)
      && (contains.map { subject.body?.contains($0) == true } ?? true)
  }

  /// Whether request number `count` (from 0) of those that fit is hit.
  func hits(count: Int, _ random: inout SeededRandom) -> Bool {
    if count < skip { return false }
    let number = count - skip
    if let first, number >= first { return false }
    if let every, (number + 1) % every != 0 { return false }
    guard let probability else { return true }
    return random.unit() < probability
  }
}

/// The rules in force, with their counters. The first rule that hits a request decides.
struct RuleBook: Sendable {
  private var entries: [(rule: Rule, fitted: Int)] = []

  var rules: [Rule] { entries.map(\.rule) }
  var isEmpty: Bool { entries.isEmpty }

  mutating func replace(with rules: [Rule]) {
    entries = rules.map { ($0, 0) }
  }

  mutating func add(_ rules: [Rule]) {
    entries += rules.map { ($0, 0) }
  }

  mutating func behaviour(for subject: Rule.Subject, _ random: inout SeededRandom) -> Behaviour? {
    for index in entries.indices where !entries[index].rule.refuses {
      guard entries[index].rule.match.fits(subject) else { continue }
      let count = entries[index].fitted
      entries[index].fitted += 1
      if entries[index].rule.match.hits(count: count, &random) { return entries[index].rule.behaviour }
    }
    return nil
  }
}
