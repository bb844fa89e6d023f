import NIOConcurrencyHelpers
import Policy
import Settings
import Synchronization
import Telemetry

/// Where the exchanges of a replica wait that have found all endpoints full: one queue for each model, shared by all workers.
///
/// Nobody comes here while there is room. A place that becomes free is given to whoever is next before anybody else can see it free;
/// one that another replica has left is found ten times a second.
final class QueueDesk: Sendable {
  enum Refusal: Equatable {
    /// So many wait already.
    case full(Int)
    /// So many are served before it, which takes about so many milliseconds.
    case slow(ahead: Int, wait: Int64)
  }

  /// One model's.
  fileprivate struct Line {
    var queue = WaitQueue()
    var meter = DrainMeter()
  }

  /// One that waits, and for which endpoints.
  fileprivate struct Seat {
    let waiter: Waiter
    var endpoints: [Endpoint]

    /// Its own endpoint at a place.
    func endpoint(at place: Occupancy) -> Endpoint? { endpoints.first { $0.occupancy === place } }
  }

  fileprivate struct State {
    var most = 0
    /// By the class's rank.
    var weights: [Int64] = [1, 1, 1]
    var lines: [String: Line] = [:]
    /// Models that share an endpoint take turns there.
    var order: [String] = []
    var seats: [UInt64: Seat] = [:]
  }

  private let state = NIOLockedValueBox(State())
  private let waitingCount = Atomic<Int>(0)
  private let serial = Atomic<UInt64>(0)
  private let tickedAt = Atomic<Int64>(0)
  /// Milliseconds between two ticks; less by what a timer may come early.
  private static let period: Int64 = 95

  func makeID() -> UInt64 { serial.wrappingAdd(1, ordering: .relaxed).newValue }

  /// Another configuration is in force.
  func apply(_ queue: Settings.Queue) {
    state.withLockedValue {
      $0.most = queue.max
      $0.weights = [queue.classes.realtime, queue.classes.standard, queue.classes.batch].map(Int64.init)
    }
  }

  // MARK: Coming and going

  /// Lets an exchange wait for any of these endpoints; nil where it does, and is told of what comes of it.
  ///
  /// `isForTurn`: it waits for its replica's turn, as many as are served in it may, though nobody else is to wait.
  func join(_ waiter: Waiter, for endpoints: [Endpoint], isForTurn: Bool, now: Int64) -> Refusal? {
    let least = isForTurn ? endpoints.reduce(0) { $0 + ($1.gate.limit ?? 0) } : 0
    let (refusal, displaced) = state.withLockedValue { $0.join(waiter, endpoints, least: least, now) }
    if let refusal { return refusal }
    waitingCount.wrappingAdd(displaced == nil ? 1 : 0, ordering: .relaxed)
    displaced?.tell(.displaced)
    pour(endpoints)  // what has become free since it looked
    return nil
  }

  /// One that waits has looked where it can go, and waits for these from now on.
  func stay(_ waiter: Waiter, for endpoints: [Endpoint]) {
    if state.withLockedValue({ $0.stay(waiter, endpoints) }) { pour(endpoints) }
  }

  /// Why one would not be let in; nothing is changed by asking.
  func refusal(of entry: WaitQueue.Entry, in line: String, now: Int64) -> Refusal? {
    state.withLockedValue { $0.refusal(of: entry, in: line, now) }
  }

  /// Whether it was waiting.
  func remove(_ waiter: Waiter) -> Bool {
    let wasThere = state.withLockedValue { $0.remove(waiter) }
    if wasThere { waitingCount.wrappingSubtract(1, ordering: .relaxed) }
    return wasThere
  }

  func waiting(_ line: String, _ priority: Priority) -> Int {
    state.withLockedValue { $0.lines[line]?.queue.count(priority) ?? 0 }
  }

  /// Milliseconds from one that is served to the next.
  func interval(_ line: String, now: Int64) -> Int64? {
    state.withLockedValue { $0.lines[line]?.meter.interval(now) }
  }

  // MARK: Giving places

  /// Gives what is free at these endpoints to those who are next.
  func pour(_ endpoints: [Endpoint]) {
    let now = SystemClock.monotonicNanoseconds() / 1_000_000
    let given = state.withLockedValue { state in endpoints.flatMap { state.takers(of: $0.occupancy, now) } }
    waitingCount.wrappingSubtract(given.count, ordering: .relaxed)
    for (waiter, endpoint) in given { waiter.tell(.slot(Slot(entered: endpoint, self))) }
  }

  func pourAll() {
    guard waitingCount.load(ordering: .relaxed) > 0 else { return }
    let wanted = state.withLockedValue { state in
      var endpoints: [ObjectIdentifier: Endpoint] = [:]  // by their places
      for seat in state.seats.values {
        for endpoint in seat.endpoints { endpoints[ObjectIdentifier(endpoint.occupancy)] = endpoint }
      }
      return Array(endpoints.values)
    }
    pour(wanted)
  }

  /// By each worker, ten times a second: one of them does it for all. `now`: monotonic milliseconds.
  func tick(_ now: Int64) {
    guard waitingCount.load(ordering: .relaxed) > 0 else { return }
    let last = tickedAt.load(ordering: .relaxed)
    guard now - last >= Self.period,
      tickedAt.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
    else { return }
    state.withLockedValue { state in for name in state.order { state.lines[name]?.queue.age(now) } }
    pourAll()
  }
}

extension QueueDesk.State {
  /// Why it may not wait, or else who has to make room for it.
  fileprivate mutating func join(_ waiter: Waiter, _ endpoints: [Endpoint], least: Int, _ now: Int64)
    -> (QueueDesk.Refusal?, Waiter?)
  {
    let entry = waiter.entry
    if let refusal = refusal(of: entry, in: waiter.line, least: least, now) { return (refusal, nil) }
    var displaced: Waiter?
    if seats.count >= max(most, least), let victim = victim(for: entry), remove(victim) { displaced = victim }
    var line = lines[waiter.line] ?? .init()
    if line.queue.count == 0 { line.meter.begin(now) }
    line.queue.join(entry)
    if lines.updateValue(line, forKey: waiter.line) == nil { order.append(waiter.line) }
    seats[entry.id] = .init(waiter: waiter, endpoints: endpoints)
    for endpoint in endpoints { endpoint.gate.want() }
    return (nil, displaced)
  }

  /// Whether it waits for others than before; false where it waits no longer.
  fileprivate mutating func stay(_ waiter: Waiter, _ endpoints: [Endpoint]) -> Bool {
    guard let seat = seats[waiter.entry.id],
      !seat.endpoints.elementsEqual(endpoints, by: { $0 === $1 })
    else { return false }
    for endpoint in endpoints { endpoint.gate.want() }
    for endpoint in seat.endpoints { endpoint.gate.unwant() }
    seats[waiter.entry.id]?.endpoints = endpoints
    return true
  }

  /// Why it may not wait; nil where it may, if need be in the place of another.
  fileprivate func refusal(of entry: WaitQueue.Entry, in name: String, least: Int = 0, _ now: Int64)
    -> QueueDesk.Refusal?
  {
    let line = lines[name] ?? .init()
    // Who was let in once is not judged again for having lost its place.
    if entry.arrived == now, let interval = line.meter.interval(now) {
      let ahead = line.queue.ahead(of: entry.priority, entry.tenant, weights)
      let wait = Int64(ahead + 1) * interval
      if ahead > 0, wait > entry.until - now { return .slow(ahead: ahead, wait: wait) }
    }
    return seats.count >= max(most, least) && victim(for: entry) == nil ? .full(seats.count) : nil
  }

  /// One of a lower class, of any model, goes before one of the longest lane of its own.
  private func victim(for entry: WaitQueue.Entry) -> Waiter? {
    let found = lines.values.compactMap { $0.queue.victim(for: entry.priority, entry.tenant) }
    let victim = found.max { ($0.isLower ? 1 : 0, $0.length) < ($1.isLower ? 1 : 0, $1.length) }
    return victim.flatMap { seats[$0.id]?.waiter }
  }

  fileprivate mutating func remove(_ waiter: Waiter) -> Bool {
    guard lines[waiter.line]?.queue.leave(waiter.entry.id) != nil else { return false }
    forget(waiter)
    return true
  }

  private mutating func forget(_ waiter: Waiter) {
    if lines[waiter.line]?.queue.count == 0 { lines[waiter.line]?.meter.rest() }
    for endpoint in seats.removeValue(forKey: waiter.entry.id)?.endpoints ?? [] { endpoint.gate.unwant() }
  }

  /// Those who get what is free at a place, which they have entered, each with its endpoint there.
  fileprivate mutating func takers(of place: Occupancy, _ now: Int64) -> [(Waiter, Endpoint)] {
    var takers: [(Waiter, Endpoint)] = []
    while place.gate.wanted > 0, place.tryEnter() {
      guard let taker = next(at: place, now) else {
        place.leave()
        break
      }
      takers.append(taker)
    }
    return takers
  }

  private mutating func next(at place: Occupancy, _ now: Int64) -> (Waiter, Endpoint)? {
    for (position, name) in order.enumerated() {
      guard
        let entry = lines[name]?.queue.next(weights, where: { seats[$0]?.endpoint(at: place) != nil }),
        let seat = seats[entry.id], let endpoint = seat.endpoint(at: place)
      else { continue }
      lines[name]?.meter.add(now)
      order.append(order.remove(at: position))
      forget(seat.waiter)
      return (seat.waiter, endpoint)
    }
    return nil
  }
}

extension QueueDesk {
  func record(_ snapshot: Snapshot, in shard: MetricsShard, of registry: MetricsRegistry) {
    // Versions stand in the lines of their models.
    let models = snapshot.settings.models.count
    let bounded = snapshot.pools.prefix(models).filter(\.isBounded).map(\.name)
    for (name, counts) in state.withLockedValue({ $0.counts(besides: bounded) }) {
      for priority in Priority.allCases {
        shard.set(
          registry.series(Catalogue.queueWaiting, name, priority.rawValue),
          to: Int64(counts[priority.rank]))
      }
    }
  }
}

extension QueueDesk.State {
  /// How many wait, by the class's rank, of these models and of others that some wait for. Those of which nobody does any more are
  /// forgotten.
  fileprivate mutating func counts(besides models: [String]) -> [(String, [Int])] {
    let gone = order.filter { !models.contains($0) }
    let counts = (models + gone).map { name in
      (name, Priority.allCases.map { lines[name]?.queue.count($0) ?? 0 })
    }
    for name in gone where lines[name]?.queue.count == 0 {
      lines[name] = nil
      order.removeAll { $0 == name }
    }
    return counts
  }
}
