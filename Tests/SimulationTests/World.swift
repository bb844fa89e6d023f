import Policy

/// Time, chance, and what is to happen: everything of a run comes from its seed.
final class World {
  private struct Event {
    var at: Int64
    var serial: Int
    var body: () -> Void
  }

  /// Milliseconds since the run began.
  private(set) var now: Int64 = 0
  var random: Chance
  private var serial = 0
  /// Of all that was noted, in order: two runs that are the same have the same.
  private(set) var trace: UInt64 = 0
  /// A heap: the next event is the first.
  private var events: [Event] = []

  init(seed: UInt64) { random = Chance(seed: seed) }

  func chance(_ percent: Int) -> Bool { random.below(100) < percent }
  func between(_ low: Int64, _ high: Int64) -> Int64 { low + Int64(random.below(Int(high - low) + 1)) }

  func note(_ values: Int64...) {
    for value in values + [now] { trace = Chance.mixed(trace, UInt64(bitPattern: value)) }
  }

  func after(_ milliseconds: Int64, _ body: @escaping () -> Void) {
    serial += 1
    events.append(Event(at: now + milliseconds, serial: serial, body: body))
    var child = events.count - 1
    while child > 0, isEarlier(child, (child - 1) / 2) {
      events.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Runs what happens up to `end`.
  func run(until end: Int64) {
    while let first = events.first, first.at <= end {
      removeFirst()
      now = first.at
      first.body()
    }
    now = end
  }

  private func removeFirst() {
    events.swapAt(0, events.count - 1)
    events.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < events.count && isEarlier(child, least) {
        least = child
      }
      if least == parent { return }
      events.swapAt(parent, least)
      parent = least
    }
  }

  private func isEarlier(_ one: Int, _ other: Int) -> Bool {
    (events[one].at, events[one].serial) < (events[other].at, events[other].serial)
  }
}

extension Chance {
  fileprivate static func mixed(_ one: UInt64, _ other: UInt64) -> UInt64 {
    var chance = Chance(seed: one ^ other &* 0x9E37_79B9_7F4A_7C15)
    return chance.next()
  }
}
