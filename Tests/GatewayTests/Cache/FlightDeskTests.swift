import Coordination
import NIOEmbedded
import Policy
import Testing

@testable import Gateway

/// Flights over a cache in memory: who leads, who waits, and what becomes of them.
struct FlightDeskTests {
  /// A cache of which a test decides what is answered, and when.
  private final class ScriptedCache: SharedCache {
    var isAvailable = true
    let lockLifetime: Int64 = 700
    var found: [CacheLookup?] = []
    var replies: [CacheClaim.Reply?] = []
    var calls: [String] = []
    var handler: (() -> Void)?
    /// What is released goes out at once.
    private(set) var isFlushed = true
    /// A look is answered by `answer`.
    var holdsBack = false
    private var waiting: ((CacheLookup?) -> Void)?
    /// A claim is answered by `reply`.
    var keepsReplies = false
    private var asking: ((CacheClaim.Reply?) -> Void)?

    func reply(_ reply: CacheClaim.Reply?) {
      let completion = asking
      asking = nil
      completion?(reply)
    }

    func answer(_ lookup: CacheLookup?) {
      let completion = waiting
      waiting = nil
      completion?(lookup)
    }

    func get(
      _ keys: CacheKeys, claiming claim: CacheClaim?, _ completion: @escaping (CacheLookup?) -> Void
    ) {
      calls.append(claim.map { "take \($0.owner)" } ?? "get")
      if holdsBack {
        waiting = completion
        return
      }
      completion(found.isEmpty ? nil : found.removeFirst())
    }
    func lock(_ keys: CacheKeys, _ claim: CacheClaim, _ completion: @escaping (CacheClaim.Reply?) -> Void) {
      calls.append("lock \(claim.owner) \(claim.seen)")
      if keepsReplies {
        asking = completion
        return
      }
      completion(replies.isEmpty ? nil : replies.removeFirst())
    }
    func renew(_ keys: CacheKeys, owner: String, lifetime: Int64) { calls.append("renew \(owner)") }
    func fill(_ keys: CacheKeys, _ fill: CacheFill, _ completion: @escaping (CacheFill.Reply?) -> Void) {
      calls.append("fill \(fill.owner)")
      completion(.filled)
    }
    func release(_ keys: CacheKeys, owner: String) {
      calls.append("release \(owner)")
      isFlushed = false
    }
    func watch(_ keys: CacheKeys, _ handler: @escaping () -> Void) {
      calls.append("watch")
      self.handler = handler
    }
    func unwatch(_ keys: CacheKeys) { calls.append("unwatch") }
    func beat() {}
    func flush() { isFlushed = true }
    func flushSoon() { isFlushed = true }
    func close() {}
  }

  private final class Times { var now: Int64 = 1_000 }

  /// Streams hold their readers until these end, which a test does not wait for.
  private final class Streams {
    var all: [LiveStream] = []
    deinit { for stream in all { stream.end(.clientGone, isWhole: false) } }
  }

  private let cache = ScriptedCache()
  private let times = Times()
  private let streams = Streams()
  private let desk: FlightDesk
  private let keys: CacheKeys
  private let executor = LoopExecutor(loop: EmbeddedEventLoop())

  init() throws {
    var serial = 0
    desk = FlightDesk(
      cache,
      makeID: {
        serial += 1
        return "r\(serial)"
      }, clock: { [times] in times.now })
    keys = try #require(CacheKeys(tenant: "acme", hash: "a1"))
  }

  private func begin(patience: Int64 = .max) -> (Flight, CacheClaim.Reply?) {
    var answer: CacheClaim.Reply?
    let flight = desk.begin(keys, seen: 0, patience: patience) { answer = $0 }
    return (flight, answer)
  }

  private func waiters(_ count: Int, in flight: Flight, until: Int64 = .max) -> [FlightWaiter] {
    let waiters = (0..<count).map { _ in FlightWaiter(until: until, executor) }
    flight.waiters += waiters
    return waiters
  }

  private static let answer = CachedAnswer(
    meta: CachedMeta(
      kind: .plain, status: 200, type: "application/json", ttl: 60_000, delta: 1, usage: .init(),
      encoding: .identity,
      bytes: 2), created: 5_000, body: Array("{}".utf8))

  private static func words(_ waiters: [FlightWaiter]) -> [String] {
    waiters.map {
      switch $0.outcome.value {
      case nil: "waits"
      case .alone: "alone"
      case .lead: "leads"
      case .answer: "answered"
      case .live: "reads"
      }
    }
  }

  @Test func whoeverGetsTheLockLeadsAndTheOthersGetTheAnswer() {
    cache.replies = [.got]
    let (flight, reply) = begin()
    #expect(reply == .got && desk.flights.count == 1)
    let waiters = waiters(3, in: flight)
    desk.land(flight, Self.answer, kept: 60_000) { _ in }
    #expect(Self.words(waiters) == ["answered", "answered", "answered"])
    #expect(cache.calls == ["lock r1 0", "fill r1"] && desk.flights.isEmpty)
  }

  @Test func aLeaderProlongsItsLockWhileItFetches() {
    cache.replies = [.got]
    _ = begin()
    for _ in 0..<5 {
      times.now += 100
      desk.tick()
    }
    #expect(cache.calls == ["lock r1 0", "renew r1", "renew r1"])
  }

  @Test func oneFollowsALeaderThatFailed() {
    cache.replies = [.got, .got]
    let (flight, _) = begin()
    let waiters = waiters(3, in: flight)
    desk.fail(flight, isHopeless: false)
    #expect(Self.words(waiters) == ["leads", "waits", "waits"])
    #expect(cache.calls == ["lock r1 0", "release r1", "lock r2 0"])
    desk.fail(flight, isHopeless: false)
    #expect(Self.words(waiters) == ["leads", "alone", "alone"] && desk.flights.isEmpty)
  }

  @Test func nobodyFollowsWhereAllWouldComeToTheSame() {
    cache.replies = [.got]
    let (flight, _) = begin()
    let waiters = waiters(2, in: flight)
    desk.fail(flight, isHopeless: true)
    #expect(Self.words(waiters) == ["alone", "alone"] && cache.calls == ["lock r1 0", "release r1"])
  }

  @Test func whoGaveUpIsNotMadeTheLeader() {
    cache.replies = [.got, .got]
    let (flight, _) = begin()
    let waiters = waiters(2, in: flight)
    waiters[0].end(.alone)
    desk.fail(flight, isHopeless: false)
    #expect(Self.words(waiters) == ["alone", "leads"])
  }

  private func followed(patience: Int64 = .max) -> (Flight, [FlightWaiter]) {
    cache.replies = [.held(.init(owner: "elsewhere", left: 700))]
    let (flight, reply) = begin(patience: patience)
    #expect(reply == .held(.init(owner: "elsewhere", left: 700)) && cache.calls == ["lock r1 0", "watch"])
    cache.calls = []
    return (flight, waiters(2, in: flight))
  }

  @Test func theAnswerOfAnotherReplicaIsReadOnceItIsThere() {
    let (_, waiters) = followed()
    cache.found = [CacheLookup(now: 6_000, holder: nil, seen: 5_000, answer: Self.answer)]
    cache.handler?()
    #expect(Self.words(waiters) == ["answered", "answered"])
    #expect(cache.calls == ["get", "unwatch"] && desk.flights.isEmpty)
  }

  @Test func aLockThatIsProlongedElsewhereIsWaitedFor() {
    let (_, waiters) = followed()
    for _ in 0..<3 {
      cache.found = [
        CacheLookup(now: 6_000, holder: .init(owner: "elsewhere", left: 500), seen: 0, answer: nil)
      ]
      times.now += 701
      desk.tick()
    }
    #expect(Self.words(waiters) == ["waits", "waits"] && cache.calls == ["get", "get", "get"])
  }

  @Test func oneTakesOverWhereTheLeaderElsewhereDied() {
    let (_, waiters) = followed()
    times.now += 600
    desk.tick()
    #expect(cache.calls == [])
    cache.found = [CacheLookup(now: 6_000, holder: nil, seen: 0, answer: nil)]
    cache.replies = [.got]
    times.now += 101
    desk.tick()
    #expect(Self.words(waiters) == ["leads", "waits"] && cache.calls == ["get", "lock r2 0"])
  }

  @Test func anotherReplicaMayBeQuickerToTakeOver() {
    let (_, waiters) = followed()
    cache.found = [CacheLookup(now: 6_000, holder: nil, seen: 0, answer: nil)]
    cache.replies = [.held(.init(owner: "third", left: 700))]
    times.now += 701
    desk.tick()
    #expect(Self.words(waiters) == ["waits", "waits"])
    cache.found = [CacheLookup(now: 6_000, holder: nil, seen: 5_000, answer: Self.answer)]
    cache.handler?()
    #expect(Self.words(waiters) == ["answered", "answered"])
  }

  @Test func theOldAnswerIsNotTakenForTheNewOne() {
    cache.replies = [.held(.init(owner: "elsewhere", left: 700))]
    var answered: CacheClaim.Reply?
    let flight = desk.begin(keys, seen: 5_000, patience: .max) { answered = $0 }
    #expect(answered != .got)
    let waiters = waiters(1, in: flight)
    cache.found = [
      CacheLookup(now: 6_000, holder: .init(owner: "elsewhere", left: 700), seen: 5_000, answer: Self.answer)
    ]
    cache.handler?()
    #expect(Self.words(waiters) == ["waits"])
  }

  @Test func nobodyWaitsForACacheThatIsAway() {
    let (_, waiters) = followed()
    cache.handler?()
    #expect(Self.words(waiters) == ["alone", "alone"] && desk.flights.isEmpty)
  }

  @Test func withoutACacheOneLeadsForItsWorkerAlone() {
    let (flight, reply) = begin()
    #expect(reply == nil && desk.flights.count == 1)
    let waiters = waiters(2, in: flight)
    desk.fail(flight, isHopeless: false)
    #expect(Self.words(waiters) == ["leads", "waits"])
    desk.land(flight, Self.answer, kept: 60_000) { _ in }
    #expect(Self.words(waiters) == ["leads", "answered"] && desk.flights.isEmpty)
  }

  @Test func aLookIsSharedByThoseWhoLookAtTheSame() {
    cache.holdsBack = true
    var seen: [Int64] = []
    func look() { desk.look(keys, leadingFor: nil) { lookup, _ in seen.append(lookup?.seen ?? -1) } }
    for _ in 0..<3 { look() }
    #expect(cache.calls == ["get"])
    cache.answer(CacheLookup(now: 6_000, holder: nil, seen: 7, answer: nil))
    #expect(seen == [7, 7, 7])
    look()
    #expect(cache.calls == ["get", "get"])
    cache.isAvailable = false
    cache.answer(nil)
    look()
    #expect(cache.calls == ["get", "get"] && seen == [7, 7, 7, -1, -1])
  }

  private static let claimed = CacheLookup(now: 6_000, holder: nil, seen: 0, answer: nil, isClaimed: true)

  @Test func theFirstOfThoseWhoLookLeadsWhereThereIsNothing() {
    cache.holdsBack = true
    var flights: [Flight?] = []
    for _ in 0..<3 { desk.look(keys, leadingFor: .max) { _, flight in flights.append(flight) } }
    #expect(cache.calls == ["take r1"])
    cache.answer(Self.claimed)
    #expect(flights.map { $0 != nil } == [true, false, false] && desk.flights[keys] === flights[0])
    times.now += 200
    desk.tick()
    flights[0].map { desk.land($0, Self.answer, kept: 60_000) { _ in } }
    #expect(cache.calls == ["take r1", "renew r1", "fill r1"] && desk.flights.isEmpty)
  }

  /// Which began while the lock was asked for, and follows somebody elsewhere.
  @Test func aLockForWhichThereIsAFlightAlreadyIsLetGo() {
    cache.holdsBack = true
    var flight: Flight?
    desk.look(keys, leadingFor: .max) { flight = $1 }
    cache.replies = [.held(.init(owner: "elsewhere", left: 700))]
    let (other, _) = begin()
    cache.answer(Self.claimed)
    #expect(flight == nil && desk.flights[keys] === other)
    #expect(cache.calls == ["take r1", "lock r2 0", "watch", "release r1"] && cache.isFlushed)
  }

  /// The other asks for the lock itself, behind the look that has it: it is given to that one.
  @Test func aLockIsGivenToAFlightThatAsksForItToo() {
    cache.holdsBack = true
    var flight: Flight?
    desk.look(keys, leadingFor: .max) { flight = $1 }
    cache.keepsReplies = true
    var reply: CacheClaim.Reply?
    let other = desk.begin(keys, seen: 0, patience: .max) { reply = $0 }
    cache.answer(Self.claimed)
    #expect(flight == nil && reply == nil)
    cache.reply(.held(.init(owner: "r1", left: 700)))
    #expect(reply == .got && other.isLocked)
    desk.land(other, Self.answer, kept: 60_000) { _ in }
    #expect(cache.calls == ["take r1", "lock r2 0", "fill r1"])
  }

  /// Redis may have given it all the same.
  @Test func aLockThatNobodyHeardOfIsLetGo() {
    cache.holdsBack = true
    var flight: Flight?
    desk.look(keys, leadingFor: .max) { flight = $1 }
    cache.answer(nil)
    #expect(
      flight == nil && desk.flights.isEmpty && cache.calls == ["take r1", "release r1"] && cache.isFlushed)
  }

  @Test func oncePatienceEndsOneFetchesItForAllHere() {
    let (flight, waiters) = followed(patience: 500)
    times.now += 501
    desk.tick()
    #expect(Self.words(waiters) == ["leads", "waits"])
    desk.land(flight, Self.answer, kept: 60_000) { _ in }
    #expect(Self.words(waiters) == ["leads", "answered"] && desk.flights.isEmpty)
  }

  @Test func eachWaitsForItsOwnTimeOnly() {
    cache.replies = [.got]
    let (flight, _) = begin()
    let waiters = waiters(1, in: flight, until: 1_200) + waiters(1, in: flight)
    times.now = 1_201
    desk.tick()
    #expect(Self.words(waiters) == ["alone", "waits"] && flight.waiters.count == 1)
  }

  // MARK: Leaders here that take long

  @Test func whereTheLeaderHereTakesTooLongAnotherLeadsToo() {
    cache.replies = [.got]
    let (flight, _) = begin(patience: 500)
    let waiters = waiters(3, in: flight)
    times.now += 500
    desk.tick()
    #expect(Self.words(waiters) == ["waits", "waits", "waits"])
    for _ in 0..<3 {
      times.now += 501
      desk.tick()
    }
    #expect(Self.words(waiters) == ["leads", "waits", "waits"], "two at a time")
    desk.land(flight, Self.answer, kept: 60_000) { _ in }
    #expect(Self.words(waiters) == ["leads", "answered", "answered"] && desk.flights.isEmpty)
    let calls = cache.calls
    desk.land(flight, Self.answer, kept: 60_000) { _ in Issue.record("it was stored before") }
    desk.fail(flight, isHopeless: false)
    #expect(cache.calls == calls && calls.last == "fill r1")
  }

  @Test func oneOfTwoLeadersThatFailsLeavesTheOtherAtIt() {
    cache.replies = [.got, .got]
    let (flight, _) = begin(patience: 500)
    let waiters = waiters(2, in: flight)
    times.now += 501
    desk.tick()
    desk.fail(flight, isHopeless: true)
    #expect(Self.words(waiters) == ["leads", "waits"] && !cache.calls.contains("release r1"))
    desk.fail(flight, isHopeless: true)
    #expect(Self.words(waiters) == ["leads", "alone"] && cache.calls.last == "release r1")
  }

  // MARK: Live streams

  private func stream(limit: Int = 1_000) -> (LiveStream, AnswerRecording) {
    let recording = AnswerRecording(limit: limit)
    let stream = LiveStream(recording, type: "text/event-stream")
    streams.all.append(stream)
    return (stream, recording)
  }

  @Test func whoWaitsReadsTheStreamOnceItHasBegunAndSoDoesWhoComesLater() {
    cache.replies = [.got]
    let (flight, _) = begin(patience: 500)
    var waiters = waiters(3, in: flight)
    waiters[1].end(.alone)
    let (stream, _) = stream()
    desk.share(stream, flight)
    waiters.append(FlightWaiter(until: .max, executor))
    desk.join(waiters[3], flight)
    #expect(Self.words(waiters) == ["reads", "alone", "reads", "reads"])
    #expect(stream.readerCount == 3 && desk.waiting == 0 && !flight.isToBeShared)
    times.now += 1_000
    desk.tick()
    #expect(desk.flights.count == 1, "who reads has no need of another leader")
    desk.land(flight, Self.answer, kept: 60_000) { _ in }
    #expect(stream.readerCount == 3 && desk.flights.isEmpty)
  }

  @Test func whoComesBehindAStreamThatFailedIsNotSentIt() {
    cache.replies = [.got]
    let (flight, _) = begin(patience: 500)
    _ = waiters(2, in: flight)
    times.now += 600
    desk.tick()
    #expect(flight.leaders == 2)
    let (stream, _) = stream()
    desk.share(stream, flight)
    stream.end(.transport(.errorEvent), isWhole: true)
    let early = FlightWaiter(until: .max, executor)
    desk.join(early, flight)
    desk.fail(flight, isHopeless: false)
    let late = FlightWaiter(until: .max, executor)
    desk.join(late, flight)
    #expect(Self.words([early, late]) == ["alone", "waits"], "the other leader may have it yet")
  }

  @Test func nobodyJoinsAStreamWhoseTimeIsUp() {
    cache.replies = [.got]
    let (flight, _) = begin()
    let (stream, _) = stream()
    desk.share(stream, flight)
    let reader = FlightWaiter(until: .max, executor)
    desk.join(reader, flight)
    stream.close()
    let late = FlightWaiter(until: .max, executor)
    desk.join(late, flight)
    #expect(Self.words([reader, late]) == ["reads", "alone"] && !flight.isOpen)
    #expect(stream.readerCount == 1 && desk.flights.count == 1, "it may yet end well, and be stored")
  }

  @Test func aStreamThatIsTooLargeIsForThoseAloneWhoReadIt() {
    cache.replies = [.got]
    let (flight, _) = begin()
    let (stream, recording) = stream(limit: 100)
    desk.share(stream, flight)
    let early = FlightWaiter(until: .max, executor)
    desk.join(early, flight)
    recording.take(String(repeating: "x", count: 101))
    #expect(!flight.isOpen)
    let late = FlightWaiter(until: .max, executor)
    desk.join(late, flight)
    #expect(Self.words([early, late]) == ["reads", "alone"])
    desk.tick()
    #expect(desk.flights.isEmpty && cache.calls == ["lock r1 0", "release r1"])
    #expect(stream.readerCount == 1 && early.seat?.hasEnded == false)
    desk.fail(flight, isHopeless: true)
    #expect(cache.calls == ["lock r1 0", "release r1"])
  }

  @Test func whoHasBeenSentNothingOfAStreamThatBrokeIsFree() {
    cache.replies = [.got]
    let (flight, _) = begin()
    let (stream, _) = stream()
    desk.share(stream, flight)
    let waiter = FlightWaiter(until: .max, executor)
    desk.join(waiter, flight)
    stream.end(.transport(.brokenStream), isWhole: false)
    #expect(waiter.seat?.hasEnded == true && stream.readerCount == 0 && !flight.isOpen)
  }

  @Test func aStreamAndItsReadersLetGoOfEachOther() {
    weak var last: LiveStream?
    for verdict in [Classification.clientGone, .success] {
      let stream = LiveStream(AnswerRecording(limit: 1_000), type: "text/event-stream")
      let reader = stream.seat()
      #expect(stream.desertion == nil && stream.readerCount == 1)
      reader.leave(verdict)
      #expect(stream.desertion == verdict && reader.stream == nil)
      last = stream
    }
    #expect(last == nil)
  }

  @Test func noMoreThanSoManyReadAStream() {
    cache.replies = [.got]
    let (flight, _) = begin()
    let (stream, _) = stream()
    desk.share(stream, flight)
    for _ in 0..<Flight.mostWaiters { desk.join(FlightWaiter(until: .max, executor), flight) }
    #expect(!flight.isOpen && stream.isOpen)
  }
}
