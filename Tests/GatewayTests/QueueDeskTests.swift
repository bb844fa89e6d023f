import Coordination
import NIOEmbedded
import Policy
import Settings
import Testing

@testable import Gateway

/// The queue of a replica, of which a test gives and takes the places.
struct QueueDeskTests {
  private static let text = """
    server: { host: 127.0.0.1 }
    providers:
      one: { dialect: openai, base_url: "http://a/v1", max_concurrent: 1 }
      other: { dialect: openai, base_url: "http://b/v1", max_concurrent: 1 }
    deployments: { one: { provider: one, model: s }, other: { provider: other, model: s } }
    models: { fast: { deployments: [one, other] } }
    queue: { max: 2 }
    """

  private let loop = EmbeddedEventLoop()
  private let desk = QueueDesk()
  private let cluster = ClusterLoads(ReplicaState(name: "me", leastReplicas: nil))

  private func apply(_ text: String, former: Snapshot? = nil) throws -> Snapshot {
    let snapshot = Snapshot(try settings(text), epoch: (former?.epoch ?? 0) + 1, former: former)
    cluster.apply(snapshot)
    desk.apply(snapshot.settings.queue)
    return snapshot
  }

  private func waiter() -> Waiter {
    let entry = WaitQueue.Entry(
      id: desk.makeID(), tenant: "acme", .standard, tokens: 1, arrived: 0, until: 1_000_000)
    return Waiter(entry, in: "fast", at: desk, now: 0, on: loop, LoopExecutor(loop: loop))
  }

  private func join(_ endpoints: Endpoint...) -> Waiter {
    let waiter = waiter()
    #expect(desk.join(waiter, for: endpoints, isForTurn: false, now: 0) == nil)
    return waiter
  }

  private var waiting: Int { desk.waiting("fast", .standard) }

  @Test func whoLooksElsewhereKeepsItsPlaceUntilItHasAnother() throws {
    let snapshot = try apply(Self.text)
    let (one, other) = (snapshot.endpoints[0], snapshot.endpoints[1])
    try #require(one.tryEnter())
    do {
      let waiter = join(one)
      for now in stride(from: 0, to: 5_000, by: 100) as StrideTo<Int64> {
        waiter.check(now, isTroubled: true)
        desk.stay(waiter, for: [one])
        #expect(waiting == 1)
      }
      desk.stay(waiter, for: [one, other])
      #expect(waiting == 0 && other.inFlight == 1, "it has its place now")
      #expect(one.gate.wanted == 0 && other.gate.wanted == 0)
      desk.stay(waiter, for: [one])
      #expect(one.gate.wanted == 0, "and waits no longer")
      loop.run()
    }
    #expect(other.inFlight == 0, "what nobody takes is free again")
  }

  @Test func asManyWaitForATurnAsItServesThoughNobodyElseMayWait() throws {
    let one = try apply(Self.text.replacing("max: 2", with: "max: 0")).endpoints[0]
    one.gate.set(ceiling: 0)
    #expect(desk.join(waiter(), for: [one], isForTurn: false, now: 0) == .full(0))
    do {
      let first = waiter()
      #expect(desk.join(first, for: [one], isForTurn: true, now: 0) == nil)
      #expect(desk.join(waiter(), for: [one], isForTurn: true, now: 0) == .full(1))
      #expect(waiting == 1 && one.inFlight == 0)
      one.gate.set(ceiling: 1)
      desk.pour([one])
      #expect(waiting == 0 && one.inFlight == 1)
      loop.run()
    }
    #expect(one.inFlight == 0)
  }

  @Test func anotherKeyOrTimeoutForgetsNobodyAndStrandsNobody() throws {
    let snapshot = try apply(Self.text)
    let old = snapshot.endpoints[0]
    try #require(old.tryEnter())
    let waiter = join(old)
    let text = Self.text.replacing("127.0.0.1", with: "127.0.0.1, connect_timeout: 7s")
    let next = try apply(text, former: snapshot)
    let new = next.endpoints[0]
    #expect(new !== old && new.inFlight == 1 && new.isFull && new.gate.wanted == 1)
    #expect(!new.tryEnter())
    do {
      let later = join(new)
      // The first one's end frees its place for who waits longer, at the endpoint that it knows.
      new.occupancy.leave()
      desk.pour([new])
      #expect(waiting == 1 && old.inFlight == 1)
      loop.run()
      // Who waits and the queue hold each other.
      later.leave(.left)
    }
    #expect(waiting == 0)
    withExtendedLifetime(waiter) {}
  }

  @Test func anEndpointThatHasGoneStillHearsOfTheOthers() throws {
    let snapshot = try apply(Self.text)
    let gone = snapshot.endpoints[0]
    let next = try apply(Self.text.replacing("http://a/v1", with: "http://c/v1"), former: snapshot)
    let told = LoadStore.Entry(at: 9_999, sequence: 1, loads: EndpointLoads(["one/a": 3, "one/c": 2]))
    cluster.take(
      LoadReport.Reply(now: 10_000, isTaken: true, entries: ["them": told]), asked: cluster.now,
      next.endpoints)
    #expect(gone.others == 3 && next.endpoints[0].others == 2 && next.endpoints[1].others == 0)
    withExtendedLifetime(gone) {}
  }
}
