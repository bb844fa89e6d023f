import ArgumentParser
import Glibc
import Settings

/// Where the configuration is: `--config`, else `SWITCHYARD_CONFIG`, else `switchyard.yaml`.
struct ConfigOptions: ParsableArguments {
  @Option(
    name: [.short, .long], help: "The configuration file (default: $SWITCHYARD_CONFIG, then switchyard.yaml)."
  )
  var config: String?

  var path: String { config ?? Environment.all["SWITCHYARD_CONFIG"] ?? "switchyard.yaml" }

  func load() throws(SettingsErrors) -> Settings {
    try Settings.load(path: path, environment: Environment.all)
  }
}

/// The process's environment as it was at the start.
enum Environment {
  static let all: [String: String] = {
    var all: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2 { all[String(pair[0])] = String(pair[1]) }
      entry += 1
    }
    return all
  }()
}

/// Lines for people, beside what a command answers on standard output.
enum StandardError {
  static func write(_ line: String) {
    put(line.hasSuffix("\n") ? line : line + "\n")
  }

  /// A text as it is, without an end of line of its own.
  static func put(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let written = Glibc.write(STDERR_FILENO, rest.baseAddress, rest.count)
        guard written > 0 else { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      }
    }
  }
}
