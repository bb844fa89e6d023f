import Policy
import Testing

struct ArmCountsTests {
  @Test(
    arguments: [
      (-5, 3, 0, 0), (10, -1, 10, 0), (10, 11, 10, 10), (.min, .max, 0, 0), (.max, .max, .max, .max),
      (7, 3, 7, 3),
    ] as [(Int64, Int64, Int64, Int64)])
  func countsThatCannotBeAreTheNearestThatCan(
    _ exposures: Int64, _ events: Int64, _ counted: Int64, _ happened: Int64
  ) {
    let count = EventCount(exposures, events: events)
    #expect(count.exposures == counted && count.events == happened)
  }
}
