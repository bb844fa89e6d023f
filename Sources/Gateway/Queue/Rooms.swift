import Coordination
import NIOConcurrencyHelpers
import Policy

/// Who may begin where endpoints take only so many requests at a time.
extension Worker {
  /// Chooses among what has room; notes what hasn't where that leaves nothing.
  func chooseWithRoom(
    _ view: PoolView, _ ask: PoolView.Ask, _ exchange: Exchange, _ random: inout Chance
  ) -> AttemptPlan.Place? {
    var ask = ask
    ask.held = exchange.slot?.endpoint
    let place = view.choose(ask, random: &random)
    if place == nil {
      exchange.full += view.full(ask)
      if exchange.turn == .none, exchange.attempts == 0,
        exchange.full.contains(where: \.occupancy.isOffTurn)
      {
        exchange.turn = .waits
      }
      if !exchange.full.isEmpty { exchange.metFull = true }
    } else {
      exchange.full.removeAll()
    }
    return place
  }

  /// Takes the place that an attempt needs, in that of any that the exchange has elsewhere; false where another was faster.
  func takeSlot(_ step: AttemptPlan.Step, _ exchange: Exchange) -> Bool {
    guard exchange.snapshot.capacities[step.endpoint] != nil else {
      if exchange.slot != nil { exchange.slot = nil }
      return true
    }
    let endpoint = exchange.snapshot.endpoints[step.endpoint]
    if exchange.slot?.endpoint === endpoint { return true }
    exchange.slot = nil
    guard endpoint.tryEnter() else { return false }
    exchange.slot = Slot(entered: endpoint, queue)
    return true
  }
}

/// Whether an exchange waits, or has waited, for its replica's turn at an endpoint that takes fewer requests than there are replicas.
enum TurnWait {
  case none, waits, over

  /// Milliseconds: a turn, and what it takes to tell the others that it is wanted.
  static let most = RoomSplit.period + 500
}

extension Exchange {
  func handOverSlot() -> Slot? {
    guard slot != nil else { return nil }
    defer { slot = nil }
    return slot
  }
}

extension ClusterLoads {
  /// Behind an endpoint's name, where replicas tell how many requests wait for it.
  private static let waiting = " waiting"

  /// What this replica tells of its endpoints.
  static func told(_ endpoints: [Endpoint]) -> EndpointLoads {
    let inFlight = endpoints.lazy.map { ($0.id, $0.inFlight) }
    let wanted = endpoints.lazy.filter { $0.gate.wanted > 0 }.map { ($0.id + waiting, $0.gate.wanted) }
    return EndpointLoads(Dictionary(Array(inFlight) + Array(wanted), uniquingKeysWith: +))
  }

  /// Another configuration is in force.
  func apply(_ snapshot: Snapshot) {
    served.withLockedValue { $0.replace(by: snapshot.endpoints) }
    for (endpoint, limit) in zip(snapshot.endpoints, snapshot.capacities) where endpoint.gate.limit != limit {
      endpoint.gate.set(limit: limit, ceiling: limit.map(alone) ?? 0)
    }
  }

  /// What this replica may have of a limit while it doesn't know what the others have: its part, and at least one.
  private func alone(_ limit: Int) -> Int { isAlone ? limit : max(1, limit / replicaCount) }

  /// Nothing is known of the others.
  func divide(_ endpoints: [Endpoint]) {
    for endpoint in endpoints { endpoint.gate.limit.map { endpoint.gate.set(ceiling: alone($0)) } }
  }

  /// Gives this replica its part of what all have told of themselves.
  func divide(_ endpoints: [Endpoint], by reply: LoadReport.Reply) {
    guard endpoints.contains(where: { $0.gate.limit != nil }) else { return }
    let live = reply.entries.filter { $0.key == name || $0.value.isCurrent(at: reply.now) }
    let names = Set(live.keys).union([name]).sorted()
    guard let place = names.firstIndex(of: name) else { return }
    for endpoint in endpoints {
      guard let limit = endpoint.gate.limit else { continue }
      let want = endpoint.gate.takeSettledWant()
      let replicas = names.map { other in
        other == name
          ? RoomSplit.Replica(inFlight: endpoint.inFlight, waiting: want)
          : RoomSplit.Replica(
            inFlight: live[other]?.loads[endpoint.id] ?? 0,
            waiting: live[other]?.loads[endpoint.id + Self.waiting] ?? 0)
      }
      let ceiling = RoomSplit(replicas, turn: reply.now / RoomSplit.period).ceiling(of: place, limit)
      endpoint.gate.set(ceiling: isKnown ? ceiling : min(ceiling, alone(limit)))
    }
  }
}
