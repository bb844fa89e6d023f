import Gateway
import Glibc
import Logging
import Settings

/// Reads the configuration again when it or a file that it names changes, or when told to. An invalid one is reported and
/// changes nothing.
actor Reloader {
  private let options: ConfigOptions
  private let replica: Replica
  private let steering: Steering
  private let logger: Logger
  private var running: Settings
  /// The files that were read, as they were before.
  private var seen: [String: FileStamp]
  /// What was wrong with them; nil where they are in force.
  private var errors: [String]?
  /// The configuration is gone, and that was told.
  private var isMissing = false

  /// `seen` was taken when `running` was read: what changes while the replica starts is applied then.
  init(
    options: ConfigOptions, replica: Replica, steering: Steering, running: Settings,
    seen: [String: FileStamp], logger: Logger
  ) {
    self.options = options
    self.replica = replica
    self.steering = steering
    self.running = running
    self.seen = seen
    self.logger = logger
  }

  static func stamps(of files: some Sequence<String>) -> [String: FileStamp] {
    files.reduce(into: [:]) { $0[$1] = FileStamp($1) }
  }

  /// Looks once a second, until cancelled. Files are looked at through links, so that the swap of a ConfigMap or Secret is seen. What
  /// was refused is tried again each time: a file that it lacked may have come.
  func watch() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: .seconds(1))
      guard FileStamp(options.path).isThere else {
        tellMissing()
        continue
      }
      isMissing = false
      let hasChanged = Self.stamps(of: seen.keys) != seen
      if hasChanged { await writersEnd() }
      if hasChanged || errors != nil {
        await reload(because: hasChanged ? "file change" : "another try", isNews: hasChanged)
      }
    }
  }

  /// Waits until two looks agree, as a file that is written in place is half a file for a moment; for two seconds at most.
  private func writersEnd() async {
    var last = Self.stamps(of: seen.keys)
    for _ in 0..<20 {
      try? await Task.sleep(for: .milliseconds(100))
      let now = Self.stamps(of: seen.keys)
      if now == last { return }
      last = now
    }
  }

  /// An editor may put another file in its place: then there is none for a moment.
  private func tellMissing() {
    guard !isMissing else { return }
    isMissing = true
    logger.warning(
      "the configuration is gone; the running one stays", metadata: ["config": "\(options.path)"])
  }

  /// `isNews`: errors are told even where they were before.
  func reload(because reason: String, isNews: Bool = true) async {
    do {
      let settings = try load()
      guard settings.unbuilt.isEmpty else {
        return refuse(settings.unbuilt.map { "\($0.path): \($0.reason)" }, reason, isNews: isNews)
      }
      warnOfRestart(settings)
      running = settings
      errors = nil
      seen = seen.filter { $0.key == options.path || settings.files.contains($0.key) }
      await replica.apply(settings)
      await steering.apply(settings)
      logger.info("configuration applied", metadata: ["because": "\(reason)"])
    } catch {
      refuse(error.errors.map(\.description), reason, isNews: isNews)
    }
  }

  /// Files are looked at before they are read, so that no change between the two is lost.
  private func load() throws(SettingsErrors) -> Settings {
    seen = Self.stamps(of: seen.keys)
    let settings = try options.load()
    let new = settings.files.filter { seen[$0] == nil }
    guard !new.isEmpty else { return settings }
    seen.merge(Self.stamps(of: new)) { $1 }
    return try options.load()
  }

  private func refuse(_ errors: [String], _ reason: String, isNews: Bool) {
    guard isNews || errors != self.errors else { return }
    self.errors = errors
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
        || old.server.workers != new.server.workers || old.telemetry.log != new.telemetry.log
        || old.server.tls != new.server.tls || old.state != new.state
        || old.rollout.lease != new.rollout.lease
    else { return }
    logger.warning(
      "a changed port, host, token, tls, state, log, number of workers or rollouts' lease takes effect at the next start only"
    )
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
