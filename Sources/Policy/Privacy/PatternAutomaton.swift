/// Patterns side by side as a nondeterministic automaton (Thompson 1968): a node for each step, none for a state of several.
struct PatternAutomaton {
  enum Node {
    case byte(ByteSet, next: Int)
    case split(Int, Int)
    /// Goes on where one of the bytes here and before belongs to a word, and the other doesn't.
    case boundary(next: Int)
    case accept(DetectorSet)
  }

  static let mostNodes = 20_000

  private(set) var nodes: [Node] = []
  /// One for each pattern.
  private(set) var starts: [Int] = []

  init(_ patterns: [(pattern: Pattern, detector: DetectorSet)]) throws(PatternError) {
    for (pattern, detector) in patterns {
      let end = try add(.accept(detector))
      starts.append(try compile(pattern, to: end))
    }
  }

  private mutating func add(_ node: Node) throws(PatternError) -> Int {
    guard nodes.count < Self.mostNodes else {
      throw PatternError("has more than \(Self.mostNodes) steps: repeat less often, or shorter things")
    }
    nodes.append(node)
    return nodes.count - 1
  }

  /// The node where `pattern` begins, which goes on at `next`.
  private mutating func compile(_ pattern: Pattern, to next: Int) throws(PatternError) -> Int {
    switch pattern {
    case .byte(let set): return try add(.byte(set, next: next))
    case .boundary: return try add(.boundary(next: next))
    case .sequence(let parts):
      var start = next
      for part in parts.reversed() { start = try compile(part, to: start) }
      return start
    case .choice(let options):
      guard let first = options.first else { return next }
      var start = try compile(first, to: next)
      for option in options.dropFirst() { start = try add(.split(start, try compile(option, to: next))) }
      return start
    case .repeated(let part, let least, let most):
      var start = next
      if let most {
        for _ in least..<max(least, most) { start = try add(.split(try compile(part, to: start), next)) }
      } else {
        let loop = try add(.split(next, next))
        nodes[loop] = .split(try compile(part, to: loop), next)
        start = loop
      }
      for _ in 0..<least { start = try compile(part, to: start) }
      return start
    }
  }

  /// What can be reached from `seeds` without a byte, in order. `crosses`: boundaries hold here. `seen` has a place for each node, all
  /// false before and after.
  func closure(_ seeds: [Int], crosses: Bool, _ seen: inout [Bool]) -> [Int] {
    var (open, reached) = (seeds, [Int]())
    while let node = open.popLast() {
      guard !seen[node] else { continue }
      seen[node] = true
      reached.append(node)
      switch nodes[node] {
      case .split(let a, let b):
        open.append(a)
        open.append(b)
      case .boundary(let next): if crosses { open.append(next) }
      case .byte, .accept: break
      }
    }
    for node in reached { seen[node] = false }
    // Splits have done their work.
    return reached.filter { if case .split = nodes[$0] { false } else { true } }.sorted()
  }

  /// All sets of bytes that it tells apart.
  var sets: Set<ByteSet> {
    Set(nodes.compactMap { node -> ByteSet? in if case .byte(let set, _) = node { set } else { nil } })
  }
}
