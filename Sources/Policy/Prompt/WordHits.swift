/// What the words of a prompt have told.
struct WordHits: Sendable {
  private(set) var languages = LatinLanguage.Counts(repeating: 0)
  private(set) var reasoning = 0
  private(set) var steps = 0
  private(set) var tools = 0
  /// Words of programs.
  private(set) var programs = 0
  /// By a word's number of a domain, and of a task.
  private var domains = InlineArray<8, Int32>(repeating: 0)
  private var strong = InlineArray<12, Int32>(repeating: 0)
  private var weak = InlineArray<12, Int32>(repeating: 0)
  private var firstStrong = 0
  private var first = 0
  private var writes = false

  // Made once: `allCases` may be made for each look.
  private static let tasks = TaskKind.allCases
  private static let allDomains = Domain.allCases

  @inline(__always)
  mutating func add(_ meaning: WordMeaning, isAsking: Bool) {
    var left = meaning.languages
    while left != 0 {
      languages[left.trailingZeroBitCount] &+= 1
      left &= left &- 1
    }
    domains[Int(meaning.domain)] &+= 1
    if !meaning.flags.isEmpty { add(meaning.flags, isAsking: isAsking) }
    if meaning.task != 0, isAsking { add(task: Int(meaning.task), meaning.flags.contains(.strong)) }
  }

  private mutating func add(_ flags: WordMeaning.Flags, isAsking: Bool) {
    if flags.contains(.tool) { tools &+= 1 }
    if flags.contains(.program) { programs &+= 1 }
    guard isAsking else { return }
    if flags.contains(.reasoning) { reasoning &+= 1 }
    if flags.contains(.step) { steps &+= 1 }
    if flags.contains(.writes) { writes = true }
  }

  private mutating func add(task: Int, _ isStrong: Bool) {
    if first == 0 { first = task }
    guard isStrong else {
      weak[task] &+= 1
      return
    }
    if firstStrong == 0 { firstStrong = task }
    strong[task] &+= 1
  }

  /// What is to be done: what verbs say goes before nouns, and what comes first before what follows, as that is mostly material.
  func task(hasCode: Bool) -> TaskKind {
    let isTechnical = hasCode || tools > 0
    guard let task = namedTask else { return isTechnical ? .code : writes ? .creative : .chat }
    switch Self.tasks[task - 1] {
    // A function may be the liver's.
    case .code where strong[task] == 0 && weak[task] < 2 && !isTechnical && !writes: return .chat
    case .translation where isTechnical: return .code
    case .chat where isTechnical: return .code
    case .chat where writes: return .creative
    case let kind: return kind
    }
  }

  /// Its number.
  private var namedTask: Int? {
    var best = (task: 0, score: 0)
    for task in 1...Self.tasks.count {
      var score = 6 * Int(min(strong[task], 2)) + 2 * Int(min(weak[task], 3))
      if task == firstStrong { score += 4 }
      if task == first { score += 1 }
      if score > best.score { best = (task, score) }
    }
    return best.task > 0 ? best.task : nil
  }

  /// The domain with the most words; in a long text a few say nothing.
  func domain(hasCode: Bool, words: Int) -> Domain {
    var (best, second) = ((domain: Domain.general, count: 0), 0)
    for (place, domain) in Self.allDomains.enumerated() where domain != .general {
      var count = Int(domains[place + 1])
      if domain == .software { count += tools + (hasCode ? 2 : 0) }
      if count > best.count {
        (best, second) = ((domain, count), best.count)
      } else if count > second {
        second = count
      }
    }
    guard best.count > second else { return .general }
    if hasCode, best.domain == .software { return .software }
    return best.count >= (words <= 60 ? 1 : max(2, words / 200)) ? best.domain : .general
  }
}
