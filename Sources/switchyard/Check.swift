import ArgumentParser
import Coordination
import Settings

/// `switchyard check`: is this configuration valid, and what does it come to?
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Validate a configuration: every error at once, with line and column.",
    discussion: "Exits 0 where it is valid, 1 where it is not.")

  @OptionGroup var options: ConfigOptions

  @Flag(
    name: .customLong("print"),
    help: "Print the whole refined value, every default filled in, secrets masked.")
  var prints = false

  @Flag(help: "Print the configuration's JSON Schema, for editors.")
  var schema = false

  @Flag(help: "Print the result for programs.")
  var json = false

  func run() throws {
    if schema { return print(Settings.jsonSchema()) }
    do {
      report(try options.load())
    } catch let errors {
      report(errors)
      throw Switchyard.Exit.no
    }
  }

  private func report(_ settings: Settings) {
    if prints { return print(settings.printed()) }
    let warnings = settings.warnings(now: EmbeddedState.wallMilliseconds())
    if json { return print(CheckReport.json(errors: [], unbuilt: settings.unbuilt, warnings)) }
    for warning in warnings {
      StandardError.write("\(options.path): \(warning.path): warning: \(warning.message)")
    }
    for part in settings.unbuilt {
      StandardError.write(
        "\(options.path):\(part.line):\(part.column): \(part.path): not built yet: \(part.reason)")
    }
    print(
      "\(options.path) is valid"
        + (settings.unbuilt.isEmpty ? "" : ", but `serve` refuses the parts named above"))
  }

  private func report(_ errors: SettingsErrors) {
    if json { return print(CheckReport.json(errors: errors.errors, unbuilt: [])) }
    for error in errors.errors { StandardError.write("\(error)") }
    StandardError.write("\(options.path): \(errors.errors.count) error\(errors.errors.count == 1 ? "" : "s")")
  }
}
