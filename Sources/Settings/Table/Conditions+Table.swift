internal import Policy

extension Form where Value == RuleCondition {
  /// What a routing rule asks of a request: all of these keys, combined by `all`, `any` and `not`.
  static var condition: Form {
    let nested = Form(
      schema: ["$ref": "#/$defs/condition"], read: { Form.condition.read($0, &$1) },
      write: { Form.condition.write($0) })
    let several = Form<[RuleCondition]>.list(nested)
    let more: [Field<RuleCondition>] = [
      .part("all", several, "All of these hold.") { .all($0) },
      .part("any", several, "One of these holds.") { .any($0) },
      .part("not", nested, "This doesn't hold.") { .not($0) },
      .part("data_class", patterns, "Class of the data, or none.") { .dataClass($0) },
      .part("time", times, "Time of day: mon-fri 08:00-18:00 Europe/Berlin.") { .time($0) },
    ]
    let record = Form.record(RuleCondition.all([]), more + texts + numbers + flags)
    var form = record.allowingFacts()
    form.write = ConditionTree.tree
    return form
  }

  private static var patterns: Form<[TextPattern]> {
    Form<[TextPattern]>.oneOrMany(Form<TextPattern>.pattern)
  }

  private static var times: Form<[RuleTime]> { Form<[RuleTime]>.oneOrMany(Form<RuleTime>.time) }

  private static var texts: [Field<RuleCondition>] {
    let all: [(text: RuleText, doc: String)] = [
      (.model, "The model that the request names."), (.taskType, "Kind of task."),
      (.domain, "Subject."), (.userTier, "The tenant's tier."), (.taskValue, "What the task is worth."),
      (.language, "Language of the text."), (.optimize, "What to optimise."), (.tenant, "The tenant."),
      (.team, "The team."), (.key, "The key's id."),
    ]
    return all.map { text, doc in
      let form =
        switch text {
        case .taskType: Form<[TextPattern]>.oneOrMany(Form<TextPattern>.task)
        case .domain: Form<[TextPattern]>.oneOrMany(Form<TextPattern>.domain)
        default: patterns
        }
      return Field<RuleCondition>.part(text.name, form, doc + " A text, a list, or a text with *.") {
        .text(text, $0)
      }
    }
  }

  private static var numbers: [Field<RuleCondition>] {
    let all: [(number: RuleNumber, doc: String)] = [
      (.inputTokens, "Tokens of input."), (.maxOutputTokens, "Most tokens of output."),
      (.turns, "Messages so far."),
      (.load, "Part of the model's places that are taken, 0 to 1."),
      (.complexity, "How hard the request is."),
    ]
    return all.map { number, doc in
      let words = number == .complexity ? ComplexityBand.allCases.map(\.rawValue) : []
      let form = Form<[NumberRange]>.oneOrMany(Form<NumberRange>.comparison(words: words))
      let docs = doc + " A number, or a comparison such as \">= 4000\"."
      return Field<RuleCondition>.part(number.rawValue, form, docs) { .number(number, $0) }
    }
  }

  private static var flags: [Field<RuleCondition>] {
    let all: [(flag: RuleFlag, doc: String)] = [
      (.requiresVision, "It has images."), (.requiresTools, "It has tools."),
      (.requiresJSON, "It asks for JSON."), (.code, "It is about code."), (.stream, "It asks for a stream."),
      (.rejected, "Its session has rejected its last answer."),
    ]
    return all.map { flag, doc in
      Field<RuleCondition>.part(flag.rawValue, Form<Bool>.flag, doc) { .flag(flag, $0) }
    }
  }

  /// This record with further keys: `header.x-team`, `metadata.project`.
  private func allowingFacts() -> Form {
    let fact = Self.patterns
    let schemas = ["header", "metadata"].map { (name: "^\($0)\\.", value: fact.schema) }
    return Form(
      schema: schema.adding([("patternProperties", .object(schemas))]),
      read: { tree, reader in
        guard case .mapping(let entries) = tree.content else { return self.read(tree, &reader) }
        var parts: [RuleCondition] = []
        var lines: [RuleText: Int] = [:]
        for entry in entries {
          guard let text = RuleText(key: entry.key) else { continue }
          if let first = lines.updateValue(entry.mark.line, forKey: text) {
            reader.failRepeated(entry, first: first)
            continue
          }
          reader.at(reader.path.key(entry.key), entry.errorMark) { reader in
            if text.isSecret {
              reader.fail(
                "is a credential, which no rule may read: ask for key, team or tenant", at: entry.mark)
            }
            if let patterns = fact.read(entry.value, &reader) { parts.append(.text(text, patterns)) }
          }
        }
        let rest = Tree(
          content: .mapping(entries.filter { RuleText(key: $0.key) == nil }), mark: tree.mark)
        return self.read(rest, &reader).map { .all(parts + $0.parts) }
      },
      write: write)
  }
}

extension Field where Owner == RuleCondition {
  /// One of the keys of a condition.
  fileprivate static func part<V>(
    _ name: String, _ form: Form<V>, _ doc: String, _ made: @escaping (V) -> RuleCondition
  ) -> Field {
    .shorthand(name, form, doc) { value, owner in
      guard case .all(let parts) = owner else { return }
      owner = .all(parts + [made(value)])
    }
  }
}

extension RuleText {
  /// `header.X-Team` or `metadata.project`; names of headers in any case.
  fileprivate init?(key: String) {
    let parts = key.split(separator: ".", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    switch parts[0] {
    case "header": self = .header(parts[1].lowercased())
    case "metadata": self = .metadata(String(parts[1]))
    default: return nil
    }
  }

  fileprivate var isSecret: Bool {
    guard case .header(let name) = self else { return false }
    return ["authorization", "proxy-authorization", "x-api-key", "cookie"].contains(name)
  }
}

extension Form where Value == TextPattern {
  fileprivate static var pattern: Form {
    Form<String>.text.mapped({ TextPattern($0) }, { $0.text })
  }

  fileprivate static var domain: Form {
    Form<String>.text.mapped({ TextPattern(Domain(name: $0)?.rawValue ?? $0) }, { $0.text })
  }

  /// Another spelling of a kind of task is that kind.
  fileprivate static var task: Form {
    Form<String>.text.mapped({ TextPattern(TaskKind(name: $0)?.rawValue ?? $0) }, { $0.text })
  }
}

extension Form where Value == NumberRange {
  /// A number, one of these words, or a comparison with a number.
  fileprivate static func comparison(words: [String]) -> Form {
    let examples = (words + [">= 4000"]).joined(separator: ", ")
    return .scalar(
      "a number or a comparison", schema: ["type": ["string", "number"], "examples": [.string(examples)]],
      parse: { text throws(Refusal) in
        if words.contains(text), let level = ComplexityBand(rawValue: text) { return level.range() }
        let signs = [">=", "<=", ">", "<", "=="]
        let sign = signs.first { text.hasPrefix($0) } ?? ""
        let number = text.dropFirst(sign.count).drop { $0 == " " }
        guard let value = Decimals.parse(number, scale: 6), value < 1 << 62 else {
          throw Refusal("is not a number or a comparison, such as \(examples)")
        }
        return NumberRange(Int64(value), sign: sign, text: text)
      },
      write: { $0.text })
  }
}

extension NumberRange {
  fileprivate init(_ value: Int64, sign: String, text: String) {
    switch sign {
    case ">=": self.init(value, .max, text: text)
    case "<=": self.init(.min, value, text: text)
    case ">": self.init(value + 1, .max, text: text)
    case "<": self.init(.min, value - 1, text: text)
    default: self.init(value, value, text: text)
    }
  }
}

/// From conditions back to what they were read from.
private enum ConditionTree {
  static func tree(_ condition: RuleCondition) -> Tree {
    guard case .all(let parts) = condition else { return .mapping([entry(condition)]) }
    return .mapping(parts.map(entry))
  }

  private static func entry(_ part: RuleCondition) -> (String, Tree) {
    switch part {
    case .all(let parts): ("all", .sequence(parts.map(tree)))
    case .any(let options): ("any", .sequence(options.map(tree)))
    case .not(let part): ("not", tree(part))
    case .text(let text, let patterns): (text.name, list(patterns.map(\.text)))
    case .number(let number, let ranges): (number.rawValue, list(ranges.map(\.text)))
    case .flag(let flag, let value): (flag.rawValue, .scalar("\(value)"))
    case .dataClass(let patterns): ("data_class", list(patterns.map(\.text)))
    case .time(let times): ("time", list(times.map(\.text)))
    }
  }

  private static func list(_ texts: [String]) -> Tree {
    let trees = texts.map { Tree.scalar(References.escaped($0)) }
    return trees.count == 1 ? trees[0] : .sequence(trees)
  }
}
