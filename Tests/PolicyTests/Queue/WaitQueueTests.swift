import Policy
import Testing

struct WaitQueueTests {
  private static let weights: [Int64] = [8, 4, 1]

  private static func entry(
    _ id: UInt64, _ tenant: String = "a", _ priority: Priority = .standard, tokens: Int64 = 100,
    arrived: Int64 = 0, until: Int64 = 1_000_000
  ) -> WaitQueue.Entry {
    WaitQueue.Entry(
      id: id, tenant: tenant, priority, tokens: tokens, arrived: arrived, until: until)
  }

  /// Takes `count` entries, all where it is nil.
  private static func take(_ queue: inout WaitQueue, _ count: Int = .max) -> [WaitQueue.Entry] {
    var taken: [WaitQueue.Entry] = []
    while taken.count < count, let entry = queue.next(weights, where: { _ in true }) { taken.append(entry) }
    return taken
  }

  @Test func withinALaneTheOldestIsFirst() {
    var queue = WaitQueue()
    for (id, arrived) in [(1, 30), (2, 10), (3, 20), (4, 10)] as [(UInt64, Int64)] {
      queue.join(Self.entry(id, arrived: arrived))
    }
    #expect(queue.count == 4 && queue.count(.standard) == 4 && queue.count(.batch) == 0)
    #expect(Self.take(&queue).map(\.id) == [2, 4, 3, 1])
    #expect(queue.count == 0 && queue.next(Self.weights, where: { _ in true }) == nil)
  }

  @Test func classesShareByWeight() {
    var queue = WaitQueue()
    for id in 0..<600 as Range<UInt64> { queue.join(Self.entry(id, "a", Priority.allCases[Int(id % 3)])) }
    let taken = Self.take(&queue, 130)
    for (priority, count) in zip(Priority.allCases, [80, 40, 10]) {
      // To within what a class is given before it can pay for one, and one.
      #expect(abs(taken.filter { $0.priority == priority }.count - count) <= 2, "\(priority)")
    }
    // The lowest is not left out, and not before its share is due.
    #expect(taken.firstIndex { $0.priority == .batch } ?? 0 <= 13)
  }

  @Test func whatAClassDoesNotUseIsTheOthers() {
    var queue = WaitQueue()
    for id in 0..<100 as Range<UInt64> { queue.join(Self.entry(id, "a", id % 2 == 0 ? .standard : .batch)) }
    let taken = Self.take(&queue, 50)
    #expect((9...10).contains(taken.filter { $0.priority == .batch }.count))
  }

  /// A tenant that sends larger requests, or more of them, gets no more than the others.
  @Test func tenantsOfAClassGetEqualTokens() {
    var random = Chance(seed: 3)
    for _ in 0..<50 {
      var queue = WaitQueue()
      let tenants = 2 + random.below(6)
      let sizes = (0..<tenants).map { _ in Int64(50 + random.below(2_000)) }
      var id: UInt64 = 0
      for tenant in 0..<tenants {
        for _ in 0..<(200 + random.below(200)) {
          id += 1
          queue.join(
            Self.entry(
              id, "\(tenant)", tokens: 1 + Int64(random.below(Int(2 * sizes[tenant]))), arrived: Int64(id)))
        }
      }
      var tokens = [Int64](repeating: 0, count: tenants)
      for entry in Self.take(&queue, 150) { tokens[Int(entry.tenant) ?? 0] += entry.tokens }
      // As long as all have something to send: to within one request of the largest, twice.
      let largest = 4 * (sizes.max() ?? 0)
      #expect((tokens.max() ?? 0) - (tokens.min() ?? 0) <= largest, "\(sizes): \(tokens)")
    }
  }

  /// However much of the higher classes comes, the lowest gets its part.
  @Test func theLowestClassIsNeverStarved() {
    var queue = WaitQueue()
    for id in 0..<20 as Range<UInt64> { queue.join(Self.entry(id, "b", .batch)) }
    var (served, longest, since) = (0, 0, 0)
    for round in 0..<20_000 where served < 20 {
      let id = UInt64(1_000 + 2 * round)
      queue.join(Self.entry(id, "a", .realtime))
      queue.join(Self.entry(id + 1, "a", .standard))
      let entry = queue.next(Self.weights, where: { _ in true })
      since += 1
      if entry?.priority == .batch { (served, longest, since) = (served + 1, max(longest, since), 0) }
    }
    #expect(served == 20 && longest <= 14, "\(served), \(longest)")
  }

  @Test func whoHasWaitedForMostOfItsTimeMovesUpOnce() {
    var queue = WaitQueue()
    queue.join(Self.entry(1, "a", .batch, arrived: 0, until: 1_000))
    queue.join(Self.entry(2, "a", .standard, arrived: 400, until: 1_400))
    queue.join(Self.entry(3, "a", .realtime, arrived: 0, until: 1_000))
    queue.age(500)
    #expect(
      [queue.count(.realtime), queue.count(.standard), queue.count(.batch)] == [1, 1, 1], "half is not more")
    queue.age(501)
    #expect([queue.count(.realtime), queue.count(.standard), queue.count(.batch)] == [1, 2, 0])
    queue.age(1_000)
    #expect([queue.count(.realtime), queue.count(.standard), queue.count(.batch)] == [2, 1, 0], "once each")
    #expect(queue.count == 3)
    // It is the oldest of its new lane.
    queue.join(Self.entry(4, "a", .standard, arrived: 300, until: 2_000))
    let standard = Self.take(&queue).filter { $0.priority == .standard }.map(\.id)
    #expect(standard == [1, 4])
  }

  @Test func whoLeavesIsGone() {
    var queue = WaitQueue()
    for id in 1...6 as ClosedRange<UInt64> { queue.join(Self.entry(id, id % 2 == 0 ? "a" : "b")) }
    #expect(queue.leave(3)?.id == 3)
    #expect(queue.leave(3) == nil && queue.leave(99) == nil)
    #expect(queue.count == 5)
    #expect(Set(Self.take(&queue).map(\.id)) == [1, 2, 4, 5, 6])
  }

  /// A place at one endpoint is no use to those who can't go there, and passes nobody's turn.
  @Test func onlyThoseWhoCanGoAreNext() {
    var queue = WaitQueue()
    for id in 1...8 as ClosedRange<UInt64> {
      queue.join(Self.entry(id, "a", id % 2 == 0 ? .batch : .realtime))
    }
    #expect(queue.next(Self.weights, where: { $0 == 6 || $0 == 8 })?.id == 6)
    #expect(queue.next(Self.weights, where: { $0 == 99 }) == nil)
    #expect(queue.next(Self.weights, where: { $0 > 3 })?.id == 5)
    #expect(queue.count == 6)
  }

  @Test func whatIsAheadDependsOnWhoAsks() {
    var queue = WaitQueue()
    for id in 0..<30 as Range<UInt64> { queue.join(Self.entry(id, "flood")) }
    #expect(queue.ahead(of: .standard, "flood", Self.weights) == 30)
    #expect(queue.ahead(of: .standard, "other", Self.weights) == 1, "turns, not places")
    #expect(queue.ahead(of: .realtime, "other", Self.weights) == 0)
    #expect(queue.ahead(of: .batch, "other", Self.weights) == 4)
  }

  /// The estimate is what happens, where all requests are of one size.
  @Test func theEstimateOfWhatIsAheadHolds() {
    var random = Chance(seed: 8)
    for _ in 0..<300 {
      var queue = WaitQueue()
      for id in 0..<UInt64(1 + random.below(60)) {
        queue.join(Self.entry(id, "\(random.below(4))", Priority.allCases[random.below(3)]))
      }
      let (tenant, priority) = ("\(random.below(5))", Priority.allCases[random.below(3)])
      let ahead = queue.ahead(of: priority, tenant, Self.weights)
      queue.join(Self.entry(1_000, tenant, priority, arrived: 5))
      let place = Self.take(&queue).firstIndex { $0.id == 1_000 } ?? -1
      #expect(abs(place - ahead) <= 14, "\(ahead) estimated, \(place) in fact")
    }
  }

  @Test func whoFillsTheQueueMakesRoomForTheOthers() {
    var queue = WaitQueue()
    for id in 0..<9 as Range<UInt64> { queue.join(Self.entry(id, "flood", arrived: Int64(id))) }
    queue.join(Self.entry(20, "b", arrived: 1))
    #expect(queue.victim(for: .standard, "flood") == nil)
    #expect(queue.victim(for: .standard, "b")?.id == 8, "the newest of the longest lane")
    #expect(queue.victim(for: .batch, "c") == nil, "not from a higher class")
    #expect(queue.victim(for: .realtime, "flood")?.isLower == true)
    queue.join(Self.entry(30, "d", .batch))
    #expect(queue.victim(for: .standard, "flood")?.id == 30, "the lowest class first")
  }

  /// Whatever comes and goes: nobody is lost, nobody is served twice, lanes keep their order.
  @Test func nothingIsLostWhateverHappens() {
    for seed in 0..<40 as Range<UInt64> {
      var (queue, random) = (WaitQueue(), Chance(seed: seed))
      var waiting: [UInt64: WaitQueue.Entry] = [:]
      for now in 0..<600 as Range<Int64> {
        switch random.below(8) {
        case 0..<4:
          let entry = Self.entry(
            UInt64(now), "\(random.below(5))", Priority.allCases[random.below(3)],
            tokens: Int64(random.below(5_000)), arrived: now, until: now + Int64(random.below(500)))
          queue.join(entry)
          waiting[entry.id] = entry
        case 4:
          let id = UInt64(random.below(600))
          #expect(queue.leave(id)?.id == waiting.removeValue(forKey: id)?.id)
        case 5: queue.age(now)
        default:
          let even = random.below(2) == 0
          let entry = queue.next(Self.weights, where: { !even || $0 % 2 == 0 })
          if let entry {
            let known = waiting.removeValue(forKey: entry.id)
            #expect(known?.tenant == entry.tenant && (!even || entry.id % 2 == 0))
            let older = waiting.values.filter { other in
              other.tenant == entry.tenant && other.arrived < entry.arrived && (!even || other.id % 2 == 0)
                && other.priority == known?.priority && known?.priority == entry.priority
            }
            // One that is older has moved up, or isn't of its lane.
            #expect(
              older.allSatisfy { 2 * (now - $0.arrived) > $0.until - $0.arrived }, "\(entry) before \(older)")
          } else {
            #expect(!waiting.keys.contains { !even || $0 % 2 == 0 })
          }
        }
        #expect(queue.count == waiting.count)
      }
      #expect(Set(Self.take(&queue).map(\.id)) == Set(waiting.keys))
    }
  }
}

struct DrainMeterTests {
  @Test func theIntervalIsThatOfTheLastTenSeconds() {
    var meter = DrainMeter()
    meter.begin(0)
    for now in [50, 150, 250] as [Int64] { meter.add(now) }
    #expect(meter.interval(250) == nil, "too few")
    meter.add(350)
    #expect(meter.interval(350) == 100, "who came first came at any moment of its turn")
    #expect(meter.interval(650) == 200, "the longer nothing happens, the slower")
    #expect(meter.interval(10_400) == nil, "forgotten")
    for now in stride(from: 20_000, to: 30_000, by: 5) as StrideTo<Int64> { meter.add(now) }
    #expect((4...6).contains(meter.interval(30_000) ?? 0))
  }

  @Test func whatHappensWhileNobodyWaitsSaysNothing() {
    var meter = DrainMeter()
    meter.begin(0)
    for now in [100, 200, 300, 400] as [Int64] { meter.add(now) }
    meter.rest()
    #expect(meter.interval(8_000) == 100, "the queue was empty for so long")
    meter.begin(8_000)
    #expect(meter.interval(8_000) == 100)
    meter.add(8_050)
    #expect(meter.interval(8_050) == 100, "nor does when the first of a burst was served")
    meter.add(8_200)
    #expect(meter.interval(8_200) == 112)
  }
}
