package import Glibc

/// Ends children that a killed test process has left: a process at the other end of a socket, which closes when this one is gone.
package final class Watchdog: Sendable {
  static let shared = try? Watchdog()

  /// Signals to the terminal's group are meant for the tests.
  private static let script = """
    trap '' INT TERM HUP
    exec awk '$1 == "+" { all[$2] } $1 == "-" { delete all[$2] } END { for (pid in all) system("kill -9 " pid) }'
    """

  private let socket: Int32

  package init() throws {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw ChildProcess.Failure(description: "no socket for a watchdog")
    }
    defer { close(ends[1]) }
    socket = ends[0]
    _ = try ChildProcess("/bin/sh", ["-c", Self.script], input: ends[1], isWatched: false)
  }

  deinit { close(socket) }

  package func watch(_ pid: pid_t) { say("+ \(pid)\n") }
  package func forget(_ pid: pid_t) { say("- \(pid)\n") }

  private func say(_ line: String) { _ = send(socket, line, line.utf8.count, Int32(MSG_NOSIGNAL)) }
}
