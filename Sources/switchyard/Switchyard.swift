import ArgumentParser
import Settings

/// The one binary: `serve`, and the commands that look at or prepare its configuration.
@main
struct Switchyard: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "switchyard",
    abstract: "A distributed router for AI models.",
    version: version,
    subcommands: [
      Serve.self, Bundles.self, Check.self, Experiment.self, Explain.self, Health.self, Inspect.self,
      Keys.self,
      Plan.self, Purge.self, ReplayTraffic.self, Rollout.self, MakeTraffic.self, Train.self,
    ])

  /// Exit codes: the answer is no, or the command was used wrongly.
  enum Exit {
    static let no = ExitCode(1)
    static let usage = ExitCode(2)
  }

  /// `--help` and `--version` exit with 0; a command line that can't be understood exits with 2, not ArgumentParser's 64.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      let code = exitCode(for: error)
      if code == .validationFailure {
        StandardError.write(fullMessage(for: error))
        exit(withError: Exit.usage)
      }
      exit(withError: error)
    }
  }
}
