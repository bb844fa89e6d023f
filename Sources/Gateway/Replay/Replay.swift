import Policy

/// How fast a deployment is, in milliseconds.
package struct ReplayPace: Sendable, Equatable {
  /// To the first token, and from token to token.
  package var first: Double
  package var perToken: Double

  package init(first: Double, perToken: Double) { (self.first, self.perToken) = (first, perToken) }
}

/// Plays traffic in its order, by one configuration or by two side by side, and adds up what it comes to.
package struct Replay {
  private struct Turn: Hashable {
    var from: ReplayedRoute
    var to: ReplayedRoute
  }

  private var sides: [ReplaySide]
  private var changes: [Turn: ReplayedChange] = [:]
  private var summary = ReplaySummary()
  /// Faults that are told.
  private static let told = 10

  /// `paces`: by deployment, in both configurations.
  package init(_ router: LineRouter, paces: [String: ReplayPace]) {
    sides = router.snapshots.map { ReplaySide($0, paces) }
  }

  /// Plays a chunk that stands behind those before.
  package mutating func take(_ chunk: RoutedChunk) {
    let before = summary.lines
    for line in chunk.lines { play(line, number: before + line.number + 1) }
    summary.lines += chunk.count
    summary.faults += chunk.faults.count
    for fault in chunk.faults.prefix(Self.told - summary.firstFaults.count) {
      summary.firstFaults.append((before + fault.number + 1, fault.message))
    }
  }

  private mutating func play(_ line: RoutedLine, number: Int) {
    summary.requests += 1
    if let at = line.at {
      var isInOrder = true
      for place in sides.indices { isInOrder = sides[place].advance(to: at) && isInOrder }
      if !isInOrder { summary.late += 1 }
    } else {
      summary.undated += 1
    }
    let new = sides[0].play(line, number: number, decision: line.decisions[0])
    guard sides.count > 1 else { return }
    let old = sides[1].play(line, number: number, decision: line.decisions[1])
    guard new.route != old.route else { return }
    let turn = Turn(from: old.route, to: new.route)
    var change = changes[turn] ?? ReplayedChange(from: old.route, to: new.route)
    change.requests += 1
    change.microdollars += new.microdollars - old.microdollars
    changes[turn] = change
  }

  /// Lines so far.
  package var lines: Int { summary.lines }

  /// What all that was played comes to.
  package var report: ReplayReport {
    ReplayReport(
      summary: summary, outcome: sides[0].outcome, against: sides.count > 1 ? sides[1].outcome : nil,
      changes: changes.values.sorted {
        ($1.requests, $0.from.description, $0.to.description) < (
          $0.requests, $1.from.description, $1.to.description
        )
      })
  }
}

/// What was read.
package struct ReplaySummary: Sendable {
  package var lines = 0
  package var requests = 0
  /// Lines that could not be played, and the first of them: numbers from 1.
  package var faults = 0
  package var firstFaults: [(line: Int, message: String)] = []
  /// Lines without a time, of which no limit was asked.
  package var undated = 0
  /// Lines whose time lies before that of an earlier one.
  package var late = 0
}

/// What traffic comes to, and what another configuration makes of it.
package struct ReplayReport: Sendable {
  package var summary: ReplaySummary
  package var outcome: ReplayOutcome
  /// Nil where nothing was compared.
  package var against: ReplayOutcome?
  /// From the other configuration to this one, the most frequent first.
  package var changes: [ReplayedChange]
}
