import Policy

/// Conditions and requests by chance, of few words and small numbers, so that they meet often.
struct RandomRules {
  var chance: Chance

  init(seed: UInt64) { chance = Chance(seed: seed) }

  private static let texts: [RuleText] = [.taskType, .tenant, .team, .header("x-kind"), .metadata("project")]
  private static let words = ["a", "b", "ab", "ba", "abba", "aéb", ""]
  private static let patterns = ["a", "b", "ab", "a*", "*b", "*", "*bb*", "a?b*", "ab*ba"]
  static let classes = ["phi", "pii"]

  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[chance.below(elements.count)]
  }

  private mutating func several<Element>(_ most: Int, _ make: (inout RandomRules) -> Element) -> [Element] {
    (0..<1 + chance.below(most)).map { _ in make(&self) }
  }

  mutating func condition(depth: Int = 2) -> RuleCondition {
    .all((0..<chance.below(4)).map { _ in part(depth: depth) })
  }

  private mutating func part(depth: Int) -> RuleCondition {
    switch chance.below(depth > 0 ? 12 : 7) {
    case 0, 1, 2: return .text(pick(Self.texts), several(2) { TextPattern($0.pick(Self.patterns)) })
    case 3: return .number(pick([.inputTokens, .complexity]), several(2) { $0.range() })
    case 4: return .flag(pick([.stream, .code]), chance.below(2) == 0)
    case 5: return .dataClass([TextPattern(pick(Self.classes + ["none"]))])
    case 6: return .time(several(2) { $0.time() })
    case 7: return .not(condition(depth: depth - 1))
    case 8: return .all(several(2) { $0.condition(depth: depth - 1) })
    case 9: return .not(.any(several(3) { $0.condition(depth: depth - 1) }))
    default: return .any((0..<chance.below(4)).map { _ in condition(depth: depth - 1) })
    }
  }

  private mutating func range() -> NumberRange {
    let (a, b) = (Int64(chance.below(6)), Int64(chance.below(6)))
    switch chance.below(4) {
    case 0: return NumberRange(.min, a, text: "<= \(a)")
    case 1: return NumberRange(a, .max, text: ">= \(a)")
    default: return NumberRange(min(a, b), max(a, b), text: "\(min(a, b)) to \(max(a, b))")
    }
  }

  private mutating func time() -> RuleTime {
    let start = Int64(chance.below(40))
    return RuleTime(days: 127, start: start, end: start + 20, zone: .utc, text: "from \(start)")
  }

  /// A request, of which some things are not known.
  mutating func facts(asking texts: [RuleText]) -> RuleFacts {
    var facts = RuleFacts(asking: texts, classNames: Self.classes)
    for place in texts.indices {
      facts.set(text: place, to: chance.below(4) == 0 ? nil : pick(Self.words))
    }
    for number in RuleNumber.allCases {
      facts[number] = chance.below(4) == 0 ? nil : Int64(chance.below(7))
    }
    for flag in RuleFlag.allCases { facts[flag] = chance.below(2) == 0 }
    facts.classes = DataClassSet(rawValue: UInt64(chance.below(4)))
    facts.now = Int64(chance.below(3_600))
    return facts
  }

  /// All texts that a condition may ask for.
  static var asked: [RuleText] { texts }
}
