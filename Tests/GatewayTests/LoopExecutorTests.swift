import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Gateway

@Suite struct LoopLoadTests {
  private static let millisecond: Int64 = 1_000_000

  /// Counts so many events at one time; whether the last came in busy times.
  private static func count(_ events: Int, at now: Int64, in load: inout LoopLoad) -> Bool {
    var isBusy = false
    for _ in 0..<events { isBusy = load.isBusy(now: now) }
    return isBusy
  }

  @Test func theFirstEventsAreNotBusyHoweverMany() {
    var load = LoopLoad()
    #expect(!Self.count(1000, at: 5, in: &load))
  }

  @Test func aFullMillisecondMakesTheNextOneBusy() {
    var load = LoopLoad()
    _ = Self.count(LoopLoad.limit + 1, at: 0, in: &load)
    #expect(Self.count(1, at: Self.millisecond, in: &load))
    #expect(!Self.count(1, at: 2 * Self.millisecond, in: &load))
  }

  @Test func atTheLimitTheNextMillisecondIsNotBusy() {
    var load = LoopLoad()
    _ = Self.count(LoopLoad.limit, at: 0, in: &load)
    #expect(!Self.count(1, at: Self.millisecond, in: &load))
  }

  @Test func aFullMillisecondLongAgoSaysNothing() {
    var load = LoopLoad()
    _ = Self.count(1000, at: 0, in: &load)
    #expect(!Self.count(1, at: 5 * Self.millisecond, in: &load))
  }
}

@Suite struct LoopExecutorTests {
  /// Runs `body` on a loop whose clock is its last argument, and returns what it and its jobs have noted, in order.
  private static func notes(
    _ body: @escaping @Sendable (LoopExecutor, Notes, borrowing Atomic<Int64>) -> Void
  ) async throws -> [String] {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let notes = Notes()
    let executor = LoopExecutor(loop: loop, clock: { notes.now.load(ordering: .relaxed) })
    try await loop.submit { body(executor, notes, notes.now) }.get()
    return try await loop.submit { notes.all }.get()
  }

  @Test func lightLoadRunsJobsRightBehindTheirEvent() async throws {
    let notes = try await Self.notes { executor, notes, _ in
      executor.handle {
        Task(executorPreference: executor) { notes.add("job") }
        notes.add("event")
      }
      notes.add("behind")
    }
    #expect(notes == ["event", "job", "behind"])
  }

  @Test func anEventWithinAnEventLeavesItsJobsToTheOuterOne() async throws {
    let notes = try await Self.notes { executor, notes, _ in
      executor.handle {
        executor.handle { Task(executorPreference: executor) { notes.add("job") } }
        notes.add("event")
      }
      notes.add("behind")
    }
    #expect(notes == ["event", "job", "behind"])
  }

  @Test func underLoadJobsWaitForTheEndOfTheTick() async throws {
    let notes = try await Self.notes { executor, notes, now in
      for _ in 0...LoopLoad.limit { executor.handle {} }
      now.wrappingAdd(LoopLoad.window, ordering: .relaxed)
      executor.handle { Task(executorPreference: executor) { notes.add("job") } }
      notes.add("behind")
    }
    #expect(notes == ["behind", "job"])
  }

  /// A job that came from elsewhere is one of many: what it makes ready runs behind it, never within it.
  @Test func jobsOfOtherThreadsRunOneAfterAnother() async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let executor = LoopExecutor(loop: loop, clock: { 0 })
    let notes = Notes()
    await Task(executorPreference: executor) {
      executor.handle {
        Task(executorPreference: executor) { notes.add("second") }
        notes.add("first")
      }
      notes.add("still the first")
    }.value
    let all = try await loop.submit { notes.all }.get()
    #expect(all == ["first", "still the first", "second"])
  }

  @Test func jobsOutsideOfEventsRunToo() async throws {
    let notes = try await Self.notes { executor, notes, _ in
      Task(executorPreference: executor) { notes.add("job") }
      notes.add("behind")
    }
    #expect(notes == ["behind", "job"])
  }
}

/// Confined to the loop of one test.
private final class Notes: @unchecked Sendable {
  let now = Atomic<Int64>(0)
  private(set) var all: [String] = []

  func add(_ note: String) { all.append(note) }
}
