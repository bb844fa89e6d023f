import Testing

@testable import Policy

/// The order in which a replica takes configurations.
struct ControlFollowerTests {
  // swift-format-ignore: NeverForceUnwrap
  private static let model = ControlModel("chat")!

  private func config(_ epoch: Int64, _ version: Int64, _ line: String = "ver=1") -> ControlConfig {
    ControlConfig(
      position: .init(epoch: epoch, version: version), by: "r1", at: 1, lines: [Self.model: line])
  }

  @Test func onlyHigherOnesAreTaken() {
    var follower = ControlFollower()
    for (epoch, version, isTaken) in [
      (2, 5, true), (2, 5, false), (2, 4, false), (1, 9, false), (2, 6, true), (3, 1, true),
    ]
      as [(Int64, Int64, Bool)]
    {
      let before = follower.position
      #expect((follower.hear(.config(config(epoch, version))) != nil) == isTaken)
      #expect(follower.position >= before)
    }
    #expect(follower.position == .init(epoch: 3, version: 1))
    #expect(follower.refusals == 2)
  }

  @Test func whatIsToldAgainAndAgainIsRefusedOnce() {
    var follower = ControlFollower()
    _ = follower.hear(.config(config(2, 5)))
    for _ in 0..<10 { #expect(follower.hear(.config(config(1, 5))) == nil) }
    #expect(follower.refusals == 1)
    #expect(follower.hear(.same) == nil && follower.hear(.gone) == nil)
    #expect(follower.position.version == 5, "what Redis forgets holds")
  }

  @Test func anotherOfTheSamePositionIsNotTaken() {
    var follower = ControlFollower()
    _ = follower.hear(.config(config(2, 5)))
    #expect(follower.hear(.config(config(2, 5, "ver=2"))) == nil)
    #expect(follower.refusals == 1)
  }

  @Test func whatWasChangedByHandIsNotTaken() {
    var follower = ControlFollower()
    var changed = config(2, 5)
    changed.lines[Self.model] = "ver=1 weight=100"
    #expect(follower.hear(.config(changed)) == nil)
    #expect(follower.refusals == 1 && follower.position == .none)
  }
}
