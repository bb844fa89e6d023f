import Policy

/// A key of the registry or of rollouts, as it was found.
struct StoredControl {
  /// Nil where no script wrote it.
  let value: StoredKey.Value?

  /// `kind` is the first word behind the tag; `length` is that of a stream, or of a hash that isn't read.
  init(_ kind: String, text: String?, fields: [String: String]?, length: Int64?) {
    let words: String?
    switch kind {
    case "lease":
      value = fields.flatMap(ControlLease.init).map { .leadership($0) }
      return
    case "cfg": words = fields.flatMap(ControlConfig.init).map(Self.words)
    case "stamp": words = text.flatMap(Self.stamp)
    case "ack": words = fields.map { "\($0.count) replicas have told what they route by" }
    case "veto": words = fields.map { Self.words(ControlVetoes(fields: $0)) }
    case "judge":
      words = fields.flatMap(ControlJudge.init).map {
        "version \($0.version), folded up to second \($0.second), \($0.tests.count) tests"
      }
    case "bundles": words = length.map { "\($0) versions" }
    case "shadow": words = fields.flatMap(Self.spent)
    case "eval": words = length.map { "\($0) evaluations" }
    case "asks": words = fields.map { "\($0.count) asks wait" }
    case "answer": words = text
    case "audit": words = length.map { "\($0) lines" }
    case "n": words = fields.map { "\($0.keys.count { !$0.hasPrefix("@") }) counts" }
    default: words = nil
    }
    value = words.map { .control($0) }
  }

  private static func words(_ config: ControlConfig) -> String {
    let lines = config.lines.sorted { $0.key < $1.key }.map { "\($0.key.name): \($0.value)" }
    let edited = config.isWhole ? "" : ", CHANGED BY HAND"
    return "epoch \(config.position.epoch), version \(config.position.version) by \(config.by)\(edited)"
      + (lines.isEmpty ? "" : "; " + lines.joined(separator: "; "))
  }

  private static func words(_ vetoes: ControlVetoes) -> String {
    let all = vetoes.vetoed.map { "\($0.model.name)@\($0.version)" }.sorted()
    return all.isEmpty ? "nothing is vetoed" : all.joined(separator: ", ")
  }

  private static func spent(_ fields: [String: String]) -> String? {
    guard let day = fields["day"].flatMap({ Int64($0) }), 0...1_000_000 ~= day,
      let spent = fields["spent"].flatMap({ Int64($0) }), ControlRule.isNumber(spent)
    else { return nil }
    let date = KeyInstant(seconds: day * 86_400).description.prefix(10)
    return "copies cost $\(Double(spent) / 1_000_000) on \(date)"
  }

  private static func stamp(_ text: String) -> String? {
    let numbers = text.split(separator: " ").compactMap { Int64($0) }
    return numbers.count == 3 ? "stamp \(numbers[1]) of epoch \(numbers[0])" : nil
  }
}
