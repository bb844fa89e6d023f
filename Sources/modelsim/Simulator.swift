import Glibc
import NIOConcurrencyHelpers
import NIOCore

/// What all connections share: settings, rules, log, bill and counters. Safe from every thread.
final class Simulator: Sendable {
  let settings: SimulatorSettings
  let slots: Slots
  private let state: NIOLockedValueBox<State>
  /// Nanoseconds between the monotonic clock's zero and 1970.
  private let epoch: Int64

  fileprivate struct State {
    var nextID: UInt64 = 1
    var rules = RuleBook()
    var directiveCounts: [String: Int] = [:]
    var random: SeededRandom
    var log: RequestLog
    var bill = Bill()
    var openConnections = 0
    var activeRequests = 0
    var activeStreams = 0
    var requests = 0
    var cancelled = 0
  }

  /// What an accepted request gets to know.
  struct Admission {
    var id: UInt64
    var behaviour = Behaviour()
    var random: SeededRandom
  }

  /// How a request ended.
  struct Settlement {
    var entry: LogEntry
    var sinceLastChunk: Int64 = 0
  }

  init(_ settings: SimulatorSettings) {
    self.settings = settings
    slots = Slots(settings.slots)
    state = NIOLockedValueBox(
      State(random: SeededRandom(seed: settings.seed), log: RequestLog(capacity: settings.logCapacity)))
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    epoch =
      Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec) - Int64(NIODeadline.now().uptimeNanoseconds)
  }

  /// Takes a request in: gives it the next number, logs it as open and decides how it is answered.
  ///
  /// The first directive that hits is laid over the first rule that hits; `directives` nil heeds neither.
  /// `entry` gets its id and time.
  func admit(_ entry: inout LogEntry, directives: [Directives.Found]?, at now: NIODeadline) -> Admission {
    entry.time = epoch + Int64(now.uptimeNanoseconds)
    return state.withLockedValue { state in
      entry.id = state.nextID
      state.nextID += 1
      state.requests += 1
      state.activeRequests += 1
      if entry.isStream { state.activeStreams += 1 }
      state.log.append(entry)
      let behaviour = directives.map { state.behaviour(for: entry, $0) } ?? Behaviour()
      return Admission(
        id: entry.id, behaviour: behaviour, random: SeededRandom(seed: settings.seed, stream: entry.id))
    }
  }

  /// Takes a request's end into the log and the bill. Exactly once per admitted request.
  func settle(_ settlement: Settlement) {
    let entry = settlement.entry
    slots.leave(entry.id)
    state.withLockedValue { state in
      state.activeRequests -= 1
      if entry.isStream { state.activeStreams -= 1 }
      if entry.outcome == .cancelled { state.cancelled += 1 }
      state.log.update(entry.id) { $0 = entry }
      state.bill.take(entry, sinceLastChunk: settlement.sinceLastChunk)
    }
  }

  func connectionOpened() {
    state.withLockedValue { $0.openConnections += 1 }
  }

  func connectionClosed() {
    state.withLockedValue { $0.openConnections -= 1 }
  }
}

extension Simulator.State {
  fileprivate mutating func behaviour(for entry: LogEntry, _ directives: [Directives.Found]) -> Behaviour {
    if rules.isEmpty, directives.isEmpty { return Behaviour() }
    let subject = Rule.Subject(
      model: entry.model, path: entry.path, port: entry.port, isStream: entry.isStream, body: entry.body)
    let byRule = rules.behaviour(for: subject, &random) ?? Behaviour()
    for directive in directives where directive.rule.match.fits(subject) {
      let count = fitted(directive)
      if directive.rule.match.hits(count: count, &random) { return directive.rule.behaviour.over(byRule) }
    }
    return byRule
  }

  /// How often a directive of this text has fitted before.
  private mutating func fitted(_ directive: Directives.Found) -> Int {
    if directiveCounts.count > 100_000 { directiveCounts.removeAll() }
    let count = directiveCounts[directive.text, default: 0]
    directiveCounts[directive.text] = count + 1
    return count
  }
}

// MARK: - For the admin door

extension Simulator {
  func replaceRules(_ rules: [Rule]) {
    state.withLockedValue { $0.rules.replace(with: rules) }
  }

  func addRules(_ rules: [Rule]) {
    state.withLockedValue { $0.rules.add(rules) }
  }

  var ruleCount: Int {
    state.withLockedValue { $0.rules.rules.count }
  }

  func log(since id: UInt64) -> [LogEntry] {
    state.withLockedValue { $0.log.entries(since: id) }
  }

  /// Forgets the log, the bill, the counters of requests and of directives; numbers go on.
  func resetRecords() {
    state.withLockedValue { state in
      state.log.removeAll()
      state.bill = Bill()
      state.directiveCounts.removeAll()
      state.requests = 0
      state.cancelled = 0
    }
  }

  var bill: Bill {
    state.withLockedValue { $0.bill }
  }

  var stats: JSONValue {
    state.withLockedValue { state in
      [
        "open_connections": .int(state.openConnections), "active_requests": .int(state.activeRequests),
        "active_streams": .int(state.activeStreams), "requests": .int(state.requests),
        "cancelled": .int(state.cancelled),
      ]
    }
  }
}
