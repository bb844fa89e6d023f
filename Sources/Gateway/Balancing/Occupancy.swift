import Synchronization

/// How busy a place is where requests go, over all workers: how many are there, and how many may be.
///
/// Another key, or another timeout, makes another endpoint of the same place; this stays, so that a reload forgets nobody who is there
/// and strands nobody who waits.
final class Occupancy: Sendable {
  let gate = Gate()
  /// Requests in flight.
  private let inFlightCount = Atomic<Int>(0)
  /// What the other replicas had in flight there when they last told.
  private let othersCount = Atomic<Int>(0)

  var inFlight: Int { inFlightCount.load(ordering: .relaxed) }

  /// Takes no further request at this moment.
  var isFull: Bool { gate.isShut(at: inFlight) }

  /// There is room of which this replica may have none until its turn comes: it takes fewer requests than there are replicas.
  var isOffTurn: Bool { gate.ceiling == 0 && hasRoomElsewhere }

  /// There is room that is other replicas' at this moment.
  var hasRoomElsewhere: Bool { gate.limit.map { inFlight + others < $0 } ?? false }

  /// Counts a request in, if it takes one more.
  func tryEnter() -> Bool { gate.pass(inFlightCount) }
  func enter() { inFlightCount.wrappingAdd(1, ordering: .relaxed) }
  func leave() { inFlightCount.wrappingSubtract(1, ordering: .sequentiallyConsistent) }

  var others: Int { othersCount.load(ordering: .relaxed) }
  func setOthers(_ count: Int) { othersCount.store(count, ordering: .relaxed) }
}
