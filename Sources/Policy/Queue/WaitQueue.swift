/// Requests that wait for an endpoint of one model, and which of them is next (algorithms §7).
///
/// Classes share by weight, the tenants of a class alike, both in estimated tokens; within a tenant's lane the oldest is first. Who has
/// waited for more than half of its time moves up one class, once. A value: whoever keeps it has the clock, in milliseconds.
package struct WaitQueue: Sendable {
  package struct Entry: Equatable, Sendable {
    package var id: UInt64
    package var tenant: String
    /// The class in which it stands.
    package fileprivate(set) var priority: Priority
    /// What it will probably take; at least one.
    package var tokens: Int64
    package var arrived: Int64
    /// By when it has to be served.
    package var until: Int64
    fileprivate var hasRisen = false

    package init(
      id: UInt64, tenant: String, _ priority: Priority, tokens: Int64, arrived: Int64, until: Int64
    ) {
      (self.id, self.tenant, self.priority) = (id, tenant, priority)
      (self.tokens, self.arrived, self.until) = (max(1, tokens), arrived, until)
    }

    fileprivate func isBefore(_ other: Entry) -> Bool { (arrived, id) < (other.arrived, other.id) }
  }

  /// One tenant's part of a class, the oldest first.
  private struct Lane {
    var tenant: String
    var deficit: Int64 = 0
    var entries: [Entry] = []
  }

  private struct Class {
    var deficit: Int64 = 0
    var cursor = 0
    var lanes: [Lane] = []
    var count: Int { lanes.reduce(0) { $0 + $1.entries.count } }
  }

  private var classes = [Class](repeating: Class(), count: Priority.allCases.count)
  private var cursor = 0
  package private(set) var count = 0

  package init() {}

  package func count(_ priority: Priority) -> Int { classes[priority.rank].count }

  // MARK: Coming and going

  package mutating func join(_ entry: Entry) {
    insert(entry)
    count += 1
  }

  /// The entry, if it waits.
  package mutating func leave(_ id: UInt64) -> Entry? {
    for rank in classes.indices {
      for lane in classes[rank].lanes.indices {
        guard let place = classes[rank].lanes[lane].entries.firstIndex(where: { $0.id == id }) else {
          continue
        }
        return remove(rank, lane, place)
      }
    }
    return nil
  }

  private mutating func insert(_ entry: Entry) {
    let rank = entry.priority.rank
    let lane =
      classes[rank].lanes.firstIndex { $0.tenant == entry.tenant }
      ?? {
        classes[rank].lanes.append(Lane(tenant: entry.tenant))
        return classes[rank].lanes.count - 1
      }()
    let place = classes[rank].lanes[lane].entries.lastIndex { $0.isBefore(entry) }.map { $0 + 1 } ?? 0
    classes[rank].lanes[lane].entries.insert(entry, at: place)
  }

  /// Who has nothing left begins anew when it comes back.
  private mutating func remove(_ rank: Int, _ lane: Int, _ place: Int) -> Entry {
    let entry = classes[rank].lanes[lane].entries.remove(at: place)
    count -= 1
    if classes[rank].lanes[lane].entries.isEmpty {
      classes[rank].lanes.remove(at: lane)
      // The lane behind it has come into its place; or the one before it keeps the turn.
      if classes[rank].cursor > lane { classes[rank].cursor -= 1 }
    }
    if classes[rank].lanes.isEmpty { classes[rank] = Class() }
    return entry
  }

  // MARK: Whose turn it is

  /// Removes the entry that is next among those that `mayGo`; `weights` are the classes', from the highest.
  package mutating func next(_ weights: [Int64], where mayGo: (UInt64) -> Bool) -> Entry? {
    let places = classes.map { $0.lanes.map { $0.entries.firstIndex { mayGo($0.id) } } }
    var inner: [(flows: [DeficitRound.Flow], cursor: Int, lane: Int?)] = []
    var outer: [DeficitRound.Flow] = []
    for rank in classes.indices {
      var flows = zip(classes[rank].lanes, places[rank]).map { lane, place in
        DeficitRound.Flow(weight: 1, cost: place.map { lane.entries[$0].tokens }, deficit: lane.deficit)
      }
      var cursor = classes[rank].cursor
      let lane = DeficitRound.next(&flows, cursor: &cursor)
      let cost = lane.flatMap { flows[$0].cost }
      inner.append((flows, cursor, lane))
      outer.append(.init(weight: max(1, weights[rank]), cost: cost, deficit: classes[rank].deficit))
    }
    guard let rank = DeficitRound.next(&outer, cursor: &cursor), let lane = inner[rank].lane,
      let place = places[rank][lane]
    else { return nil }
    for other in classes.indices { classes[other].deficit = outer[other].deficit }
    for other in classes[rank].lanes.indices {
      classes[rank].lanes[other].deficit = inner[rank].flows[other].deficit
    }
    classes[rank].cursor = inner[rank].cursor
    return remove(rank, lane, place)
  }

  /// Moves up who has waited for more than half of its time, once each.
  package mutating func age(_ now: Int64) {
    for priority in Priority.allCases {
      guard let raised = priority.raised else { continue }
      let due = classes[priority.rank].lanes.flatMap(\.entries).filter {
        !$0.hasRisen && 2 * (now - $0.arrived) > $0.until - $0.arrived
      }
      for var entry in due where leave(entry.id) != nil {
        (entry.priority, entry.hasRisen) = (raised, true)
        join(entry)
      }
    }
  }

  // MARK: Whether it is worth waiting

  /// About how many are served before one that comes now, were all of one size: of each tenant of its class as many as of its own, of
  /// the other classes as their weights say.
  package func ahead(of priority: Priority, _ tenant: String, _ weights: [Int64]) -> Int {
    let own = classes[priority.rank].lanes.first { $0.tenant == tenant }?.entries.count ?? 0
    let ofClass = classes[priority.rank].lanes.reduce(own) { sum, lane in
      lane.tenant == tenant ? sum : sum + min(lane.entries.count, own + 1)
    }
    return Priority.allCases.reduce(ofClass) { sum, other in
      guard other != priority else { return sum }
      let share = Int64(ofClass + 1) * max(1, weights[other.rank]) / max(1, weights[priority.rank])
      return sum + min(count(other), Int(share))
    }
  }

  /// Whom one that comes may send away where all places are taken, so that nobody fills them for the others: the newest of the longest
  /// lane of a lower class, else that of its own class if it is longer than its own lane by two. `length` is that lane's.
  package func victim(for priority: Priority, _ tenant: String) -> (id: UInt64, isLower: Bool, length: Int)? {
    for other in Priority.allCases.reversed() where other > priority {
      if let lane = longest(other) {
        return (lane.entries[lane.entries.count - 1].id, true, lane.entries.count)
      }
    }
    let own = classes[priority.rank].lanes.first { $0.tenant == tenant }?.entries.count ?? 0
    guard let lane = longest(priority), lane.entries.count > own + 1 else { return nil }
    return (lane.entries[lane.entries.count - 1].id, false, lane.entries.count)
  }

  private func longest(_ priority: Priority) -> Lane? {
    classes[priority.rank].lanes.max { $0.entries.count < $1.entries.count }
  }
}
