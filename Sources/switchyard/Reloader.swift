import Gateway
import Glibc
import Logging
import Settings

/// Reads the configuration again when it or a file that it names changes, or when told to. An invalid one is reported and
/// changes nothing.
actor Reloader {
  private let options: ConfigOptions
  private let replica: Replica
  private let logger: Logger
  private var running: Settings
  private var seen: [String: FileStamp] = [:]

  init(options: ConfigOptions, replica: Replica, running: Settings, logger: Logger) {
    self.options = options
    self.replica = replica
    self.running = running
    self.logger = logger
    seen = Self.stamps(of: [options.path] + running.files)
  }

  /// Looks once a second, until cancelled. Files are looked at through links, so that the swap of a ConfigMap or Secret is seen.
  func watch() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: .seconds(1))
      // While an editor puts another file in its place there may be none.
      guard FileStamp(options.path).isThere else { continue }
      let before = seen
      seen = Self.stamps(of: [options.path] + running.files)
      guard seen.contains(where: { before[$0.key, default: $0.value] != $0.value }) else { continue }
      await reload(because: "file change")
    }
  }

  private static func stamps(of files: [String]) -> [String: FileStamp] {
    files.reduce(into: [:]) { $0[$1] = FileStamp($1) }
  }

  func reload(because reason: String) async {
    do {
      let settings = try options.load()
      guard settings.unbuilt.isEmpty else {
        return refuse(settings.unbuilt.map { "\($0.path): \($0.reason)" }, reason)
      }
      warnOfRestart(settings)
      running = settings
      for file in settings.files where seen[file] == nil { seen[file] = FileStamp(file) }
      await replica.apply(settings)
      logger.info("configuration applied", metadata: ["because": "\(reason)"])
    } catch {
      refuse(error.errors.map(\.description), reason)
    }
  }

  private func refuse(_ errors: [String], _ reason: String) {
    replica.countRefusedReload()
    for error in errors {
      logger.error(
        "configuration refused; the running one stays",
        metadata: ["because": "\(reason)", "error": "\(error)"])
    }
  }

  /// What a running process can't change.
  private func warnOfRestart(_ settings: Settings) {
    let (old, new) = (running, settings)
    guard
      old.server.port != new.server.port || old.server.host != new.server.host || old.admin != new.admin
        || old.server.workers != new.server.workers || old.telemetry != new.telemetry
        || old.server.tls != new.server.tls || old.state != new.state
    else { return }
    logger.warning(
      "a changed port, host, token, tls, state, log or number of workers takes effect at the next start only")
  }
}

/// What tells one state of a file from another.
struct FileStamp: Equatable {
  private let inode: UInt
  private let size: Int
  private let seconds: Int
  private let nanoseconds: Int

  /// All zero where there is no such file.
  init(_ path: String) {
    var status = stat()
    if stat(path, &status) != 0 { status = stat() }
    inode = UInt(status.st_ino)
    size = Int(status.st_size)
    (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
  }

  var isThere: Bool { inode != 0 }
}
