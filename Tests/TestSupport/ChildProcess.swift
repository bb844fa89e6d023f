package import Glibc

/// A child process of a test's own, by `posix_spawn`: with no descriptor but its own three, and no signal blocked.
///
/// Not Foundation's `Process`: at each start that lists this process' descriptors, and with more than some thirteen hundred of them it
/// reads beyond its buffer.
// @unchecked Sendable: the number never changes; what the system knows of it, any thread may ask.
package final class ChildProcess: @unchecked Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  package let pid: pid_t

  /// Standard input is empty unless `input` is given, standard error and, unless `output` is given, standard output go nowhere. A child
  /// that is watched does not outlive this process.
  package init(
    _ program: String, _ arguments: [String], in directory: String? = nil, input: Int32? = nil,
    output: Int32? = nil, isWatched: Bool = true
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    if let output {
      posix_spawn_file_actions_adddup2(&actions, output, 1)
    } else {
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    }
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    _ = try Self.extended("addclosefrom", CloseFrom.self)(&actions, 3)
    if let directory { _ = try Self.extended("addchdir", ChangeDirectory.self)(&actions, directory) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var words = ([program] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var pid: pid_t = 0
    let status = posix_spawn(&pid, program, &actions, &attributes, words, environ)
    guard status == 0 else { throw Failure(description: "\(program): \(String(cString: strerror(status)))") }
    self.pid = pid
    if isWatched { Watchdog.shared?.watch(pid) }
  }

  private typealias CloseFrom =
    @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
  private typealias ChangeDirectory =
    @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, UnsafePointer<CChar>) -> Int32

  /// glibc has them, and Swift's view of its headers lacks them.
  private static func extended<Function>(_ name: String, _ type: Function.Type) throws -> Function {
    guard let symbol = dlsym(nil, "posix_spawn_file_actions_\(name)_np") else {
      throw Failure(description: "this C library has no posix_spawn_file_actions_\(name)_np")
    }
    return unsafeBitCast(symbol, to: type)
  }

  /// Whether it has not ended yet; it isn't reaped by asking.
  package var isRunning: Bool {
    var information = siginfo_t()
    return waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT) == 0
      && information.si_signo == 0
  }

  package func signal(_ number: Int32) { kill(pid, number) }

  /// Blocks until it has ended; its exit code, or nil where a signal ended it. Once only.
  @discardableResult
  package func wait() -> Int32? {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
    Watchdog.shared?.forget(pid)
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
  }
}
