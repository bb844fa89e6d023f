import Policy
import Testing

/// What a vote comes to.
struct VoteTallyTests {
  private func tally(_ voters: Int, quorum: Int, _ ballots: [(Int, VoteTally.Ballot)]) -> VoteTally {
    var tally = VoteTally(voters: voters, quorum: quorum)
    for (place, ballot) in ballots { tally.cast(place, ballot) }
    return tally
  }

  @Test func aQuorumEndsItBeforeAllHaveVoted() {
    var tally = tally(3, quorum: 2, [(2, .answer("42"))])
    #expect(tally.decision == nil)
    #expect(tally.best == .init(place: 2, votes: 1, way: .only))
    tally.cast(1, .answer("The answer is 42."))
    #expect(tally.decision == .init(place: 1, votes: 2, way: .quorum), "the earlier of both")
  }

  @Test func oneLessThanTheQuorumDoesNot() {
    let early = tally(5, quorum: 3, [(0, .answer("a")), (1, .answer("a")), (2, .answer("b"))])
    #expect(early.decision == nil && early.best == .init(place: 0, votes: 2, way: .plurality))
  }

  @Test func withoutAQuorumMostVotesWinOnceAllAreIn() {
    let all = tally(
      4, quorum: 3, [(0, .answer("a")), (1, .answer("b")), (2, .answer("c")), (3, .answer("B."))])
    #expect(all.decision == .init(place: 1, votes: 2, way: .plurality))
  }

  @Test func ofEqualsTheEarliestWins() {
    let two = tally(
      4, quorum: 3, [(3, .answer("b")), (2, .answer("a")), (1, .answer("a")), (0, .answer("b"))])
    #expect(two.decision == .init(place: 0, votes: 2, way: .tie))
    #expect(tally(2, quorum: 2, [(1, .answer("b")), (0, .answer("a"))]).decision?.place == 0)
    #expect(tally(2, quorum: 2, [(1, .answer("b")), (0, .answer("a"))]).decision?.way == .tie)
  }

  @Test func whereAllSaySomethingElseTheOneMostLikeTheOthersWins() {
    let texts = ["Dogs bark all night long.", "The cat sat on the mat.", "The cat sat on the mat today."]
    let all = tally(3, quorum: 2, texts.enumerated().map { ($0, .answer($1)) })
    #expect(all.decision == .init(place: 1, votes: 1, way: .medoid))
    let short = tally(3, quorum: 2, [(0, .answer("red")), (1, .answer("dark blue")), (2, .answer("blue"))])
    #expect(short.decision == .init(place: 1, votes: 1, way: .medoid), "single words are compared")
    let strange = tally(3, quorum: 2, [(0, .answer("a")), (1, .answer("b")), (2, .answer("c"))])
    #expect(strange.decision?.place == 0, "none is like another")
  }

  @Test func whoFailsHasNoVote() {
    #expect(tally(3, quorum: 2, [(0, .none), (1, .none)]).best == nil)
    let one = tally(3, quorum: 2, [(0, .none), (1, .none), (2, .answer("a"))])
    #expect(one.decision == .init(place: 2, votes: 1, way: .only))
    let none = tally(2, quorum: 2, [(0, .none), (1, .none)])
    #expect(none.decision == nil && none.best == nil)
  }

  @Test func refusalsSayTheSameAndOneLosesToAnAnswer() {
    let refused = tally(3, quorum: 2, [(0, .answer("a")), (1, .refusal), (2, .refusal)])
    #expect(refused.decision == .init(place: 1, votes: 2, way: .quorum))
    let split = tally(2, quorum: 2, [(0, .refusal), (1, .answer("a"))])
    #expect(split.decision == .init(place: 1, votes: 1, way: .tie))
    let several = tally(
      4, quorum: 3, [(0, .refusal), (1, .answer("a")), (2, .answer("b")), (3, .answer("c"))])
    #expect(several.decision?.way == .medoid && several.decision?.place == 1)
  }

  @Test func aQuorumOfOneIsARace() {
    #expect(
      tally(3, quorum: 1, [(2, .answer("a"))]).decision == .init(place: 2, votes: 1, way: .quorum))
  }
}
