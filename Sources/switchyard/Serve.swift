public import ArgumentParser
import Gateway
import Glibc
public import Logging
import NIOCore
import Settings
import Telemetry
import UnixSignals

/// `switchyard serve`: runs a replica until it is told to stop.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve requests.",
    discussion: """
      SIGTERM or SIGINT drains: readiness fails, running exchanges finish up to server.drain_timeout; a second one ends at once. \
      SIGHUP reads the configuration again, as does any change of the file; an invalid file leaves the running one in force.
      """)

  @OptionGroup var options: ConfigOptions

  @Option(help: "How much is logged to standard error: trace, debug, info, warning, error.")
  var logLevel = Logger.Level.info

  @Option(help: "The log's form: text or json.")
  var logFormat = LineLogHandler.Format.json

  func run() async throws {
    signal(SIGPIPE, SIG_IGN)
    let logger = self.logger
    let settings = try loadForServing()
    let seen = Reloader.stamps(of: [options.path] + settings.files)
    // Before anything listens: who sees a port open may send a signal.
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
    let accessLog = settings.telemetry.log == .json ? AccessLogWriter() : nil
    let replica = try await start(settings, logger, accessLog)
    let steering = try await steer(replica, settings, logger)
    let reloader = Reloader(
      options: options, replica: replica, steering: steering, running: settings, seen: seen, logger: logger)
    await live(replica, steering, signals, reloader, logger)
    await steering.close()
    await accessLog?.close()
  }

  private var logger: Logger {
    var logger = Logger(label: "switchyard") { [logFormat, logLevel] label in
      LineLogHandler(label: label, level: logLevel, format: logFormat)
    }
    logger.logLevel = logLevel
    return logger
  }

  private func loadForServing() throws -> Settings {
    do {
      let settings = try options.load()
      try Self.refuseUnbuilt(settings, path: options.path)
      return settings
    } catch let errors as SettingsErrors {
      for error in errors.errors { StandardError.write("\(error)") }
      throw Switchyard.Exit.no
    }
  }

  /// A part whose feature this version has not got would be ignored in silence: better not to start.
  static func refuseUnbuilt(_ settings: Settings, path: String) throws {
    guard !settings.unbuilt.isEmpty else { return }
    for part in settings.unbuilt {
      StandardError.write("\(path):\(part.line):\(part.column): \(part.path): not built yet: \(part.reason)")
    }
    throw Switchyard.Exit.no
  }

  private func start(_ settings: Settings, _ logger: Logger, _ accessLog: AccessLogWriter?) async throws
    -> Replica
  {
    do {
      let replica = try await Replica(
        settings, .init(logger: logger, accessLog: accessLog, version: Switchyard.version))
      let ports = try await replica.listen()
      let waker = await replica.wakerName
      logger.info(
        "serving",
        metadata: [
          "data": "\(Self.url(ports.data))", "admin": "\(Self.url(ports.admin))",
          "workers": "\(replica.workerCount)",
          "readiness": "\(waker)", "config": "\(options.path)",
        ])
      return replica
    } catch {
      StandardError.write("switchyard can't start: \(error)")
      throw Switchyard.Exit.no
    }
  }

  private func steer(_ replica: Replica, _ settings: Settings, _ logger: Logger) async throws -> Steering {
    do {
      return try await Steering(replica, settings, logger)
    } catch {
      StandardError.write("switchyard can't start: \(error)")
      await replica.stop()
      throw Switchyard.Exit.no
    }
  }

  private static func url(_ address: SocketAddress) -> String {
    let host = address.ipAddress ?? "localhost"
    return "http://\(host.contains(":") ? "[\(host)]" : host):\(address.port ?? 0)"
  }

  /// Until a signal has ended it.
  private func live(
    _ replica: Replica, _ steering: Steering, _ signals: UnixSignalsSequence, _ reloader: Reloader,
    _ logger: Logger
  ) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await reloader.watch() }
      group.addTask { await steering.run() }
      group.addTask { await Self.obey(signals, replica, steering, reloader, logger) }
      await replica.untilStopped()
      await steering.stop()
      group.cancelAll()
    }
  }

  private static func obey(
    _ signals: UnixSignalsSequence, _ replica: Replica, _ steering: Steering, _ reloader: Reloader,
    _ logger: Logger
  ) async {
    var isDraining = false
    for await signal in signals {
      if signal == .sighup {
        await reloader.reload(because: "SIGHUP")
      } else if !isDraining {
        isDraining = true
        logger.info("draining", metadata: ["signal": "\(signal)"])
        // Who ends need not be waited for: another replica leads from now on.
        Task { await steering.stop() }
        Task { await replica.drain() }
      } else {
        logger.warning("ending at once", metadata: ["signal": "\(signal)"])
        return await replica.stop()
      }
    }
  }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
extension LineLogHandler.Format: ExpressibleByArgument {}
