import Glibc
import TestSupport
import Testing

struct WatchdogTests {
  @Test func whatIsWatchedEndsWithItsParent() async throws {
    let children = try (0..<2).map { _ in try ChildProcess("/bin/sleep", ["600"], isWatched: false) }
    defer {
      for child in children {
        child.signal(SIGKILL)
        child.wait()
      }
    }
    try {
      let watchdog = try Watchdog()
      for child in children { watchdog.watch(child.pid) }
      watchdog.forget(children[1].pid)
      #expect(children[0].isRunning && children[1].isRunning)
    }()  // its end of the socket closes, as it does with a process
    #expect(try await eventually { !children[0].isRunning })
    #expect(children[1].isRunning, "it had ended, and another has its number")
  }
}
