import CMallocs
import Glibc
import Policy

/// What a decision by a thousand routing rules takes: nanoseconds and mallocs, for rules of several kinds.
@main
struct Decisions {
  private static let rules = 1_000
  private static let requests = 512
  private static let rounds = 400

  static func main() {
    print("mix         rules  matched  ns/decision (median, worst of \(rounds) rounds)  mallocs/decision")
    for mix in Mix.allCases { measure(mix) }
    Choices.measure()
  }

  private static func measure(_ mix: Mix) {
    var chance = Chance(seed: 11)
    let matcher = RuleMatcher((0..<rules).map { mix.rule($0, &chance) })
    let values = (0..<requests).map { _ in Request(&chance) }
    var facts = RuleFacts(asking: matcher.texts, classNames: Request.classes)
    var (times, matched) = ([Int64](repeating: 0, count: rounds), 0)
    _ = decide(values, &facts, matcher)
    let mallocs = counted_mallocs()
    for round in times.indices {
      let start = now()
      matched += decide(values, &facts, matcher)
      times[round] = now() - start
    }
    let allocated = Double(counted_mallocs() - mallocs) / Double(rounds * requests)
    times.sort()
    let perDecision = [times[rounds / 2], times[rounds - 1]].map { $0 / Int64(requests) }
    let share = matched * 100 / (rounds * requests)
    print("\(padded(mix.rawValue)) \(rules)  \(share) %  \(perDecision[0]) \(perDecision[1])  \(allocated)")
  }

  /// How many of the requests some rule matches.
  private static func decide(_ requests: [Request], _ facts: inout RuleFacts, _ matcher: RuleMatcher) -> Int {
    var matched = 0
    for request in requests {
      request.fill(&facts)
      if matcher.first(for: facts) != nil { matched += 1 }
    }
    return matched
  }

  private static func padded(_ text: String) -> String {
    text + String(repeating: " ", count: max(0, 11 - text.utf8.count))
  }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

/// Kinds of rules: what tenants, teams and tasks get, as people write it, and what is hardest for rows of bits.
enum Mix: String, CaseIterable {
  case literals
  /// Bounds of tokens and complexity besides.
  case numbers
  /// Alternatives and exceptions.
  case nested
  /// Patterns, against a text that all rules ask for.
  case patterns
  /// Patterns of what is in the midst of a text, and nothing besides.
  case fragments
  /// Classes of data and times of the day.
  case classes

  func rule(_ position: Int, _ chance: inout Chance) -> RuleCondition {
    let tenant = RuleCondition.text(.tenant, [TextPattern("tenant-\(position % 100)")])
    let task = RuleCondition.text(.taskType, [TextPattern(Request.tasks[chance.below(Request.tasks.count)])])
    let team = RuleCondition.text(.team, [TextPattern("team-\(chance.below(40))")])
    let tokens = Int64(chance.below(100_000)) * 1_000_000
    let many = RuleCondition.number(
      .inputTokens, [NumberRange(tokens, .max, text: ">= \(tokens / 1_000_000)")])
    switch self {
    case .literals: return .all([tenant, task, team, .flag(.stream, position % 2 == 0)])
    case .numbers:
      let level = ComplexityBand.allCases[position % 3].range()
      return .all([tenant, task, many, .number(.complexity, [level])])
    case .nested:
      return .all([task, .any([tenant, .all([team, many])]), .not(.flag(.requiresVision, true))])
    case .patterns:
      return .all([task, .text(.header("x-project"), [TextPattern("p\(position)-*")])])
    case .fragments: return .text(.header("x-project"), [TextPattern("*\(1_000 + position)-*")])
    case .classes:
      let time = RuleTime(
        days: 127, start: Int64(position % 5) * 240, end: Int64(position % 5) * 240 + 300, zone: .utc,
        text: "\(position % 5)")
      return .all([tenant, .dataClass([TextPattern(Request.classes[position % 3])]), .time([time])])
    }
  }
}

/// What one request has of what rules ask for.
struct Request {
  static let tasks = [
    "code", "review", "chat", "analysis", "translation", "extraction", "creative", "reasoning",
  ]

  static let classes = ["phi", "pii", "financial"]

  private let texts: [(text: RuleText, value: String)]
  private let tokens: Int64
  private let complexity: Int64
  private let isStream: Bool
  private let classes: DataClassSet
  private let now: Int64

  init(_ chance: inout Chance) {
    texts = [
      (.tenant, "tenant-\(chance.below(150))"), (.team, "team-\(chance.below(60))"),
      (.taskType, Self.tasks[chance.below(Self.tasks.count)]),
      (.header("x-project"), "p\(chance.below(1_500))-x"),
    ]
    tokens = RuleFacts.millionths(Int64(chance.below(120_000)))
    complexity = Int64(chance.below(1_000_001))
    isStream = chance.below(2) == 0
    classes = DataClassSet(rawValue: UInt64(chance.below(8)))
    now = Int64(chance.below(86_400))
  }

  func fill(_ facts: inout RuleFacts) {
    for (place, asked) in facts.asked.enumerated() {
      facts.set(text: place, to: texts.first { $0.text == asked }?.value)
    }
    facts[.inputTokens] = tokens
    facts[.complexity] = complexity
    facts[.stream] = isStream
    facts.classes = classes
    facts.now = now
  }
}
