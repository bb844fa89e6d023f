import Coordination
import Policy
import Testing

@testable import Gateway

/// What tickets are sealed with, over a store in memory and in a time that only passes where a test says so.
final class FeedbackLinkTests {
  private let store = EmbeddedStore()
  private var now: Int64 = 1_795_290_000_000

  private func desk() -> FeedbackDesk {
    let desk = FeedbackDesk()
    let state = EmbeddedState(store, clock: { [weak self] in self?.now ?? 0 })
    let link = FeedbackLink(state, desk, clock: { [weak self] in self?.now ?? 0 })
    link.tick()
    return desk
  }

  @Test func allReplicasSealAlike() throws {
    let (one, other) = (desk(), desk())
    let ticket = FeedbackTicket(at: now, id: 1)
    let sealed = try #require(one.secret).seal(ticket, for: "acme ci")
    #expect(other.open(sealed, by: "acme ci") == ticket)
    #expect(other.open(sealed, by: "acme other") == nil)
    #expect(FeedbackDesk().open(sealed, by: "acme ci") == nil)
  }

  @Test func ticketsOfTheFormerSecretAreOpenedStill() throws {
    let desk = FeedbackDesk()
    let secrets = try (0..<5).map { _ in try #require(FeedbackSecret.random()) }
    var sealed: [String] = []
    for secret in secrets {
      desk.take(secret)
      sealed.append(secret.seal(FeedbackTicket(at: 0, id: 1), for: "a"))
    }
    #expect(desk.secret?.text == secrets[4].text)
    #expect(sealed.map { desk.open($0, by: "a") != nil } == [false, true, true, true, true])
  }
}
