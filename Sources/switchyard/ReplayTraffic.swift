import ArgumentParser
import Gateway
import Settings

/// `switchyard replay`: what would this traffic come to by that configuration?
struct ReplayTraffic: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract:
      "Route recorded or made-up traffic by a configuration: where it would go, what it would cost, which limits it would meet.",
    discussion: """
      The file has a request a line, as `switchyard traffic` writes them; Replay.md in the documentation says more. Nothing is sent, and \
      nobody is asked. With --against, requests that the other configuration sends elsewhere are counted by where from and where to. Exits 1 \
      where no line could be played.
      """)

  @Argument(help: "Requests, a JSON object a line; - for standard input.") var traffic: String
  @OptionGroup var options: ConfigOptions
  @Option(help: "A configuration to compare with.") var against: String?
  @Option(help: "Who asks where a line names nobody: the id of a key.") var key: String?
  @Option(help: "Who asks where a line names nobody: any key of this tenant.") var tenant: String?
  @Option(
    help:
      "How fast a deployment is, 'small=200+12': milliseconds to the first token, and for each further one. May be repeated."
  )
  var latency: [String] = []
  @Option(help: "Threads that read and route.") var threads = 2
  @Flag(help: "Show how far it is although standard error is no terminal.") var progress = false
  @Flag(help: "Print the result for programs.") var json = false

  func validate() throws {
    guard key == nil || tenant == nil else { throw ValidationError("name either --key or --tenant") }
    guard (1...64).contains(threads) else { throw ValidationError("--threads must be 1 to 64") }
    if let bad = latency.first(where: { Self.pace($0) == nil }) {
      throw ValidationError("--latency wants DEPLOYMENT=FIRST+EACH in milliseconds, not '\(bad)'")
    }
  }

  private static func pace(_ text: String) -> (name: String, pace: ReplayPace)? {
    guard let sign = text.lastIndex(of: "=") else { return nil }
    let times = text[text.index(after: sign)...].split(separator: "+", omittingEmptySubsequences: false)
    guard times.count == 2, let first = Double(times[0]), let each = Double(times[1]), first >= 0, each >= 0,
      first + each < 1e9
    else { return nil }
    return (String(text[..<sign]), ReplayPace(first: first, perToken: each))
  }

  func run() async throws {
    do {
      let (settings, other) = try configurations()
      let known = Set((settings.deployments + (other?.deployments ?? [])).map(\.name))
      let paces = latency.compactMap(Self.pace)
      if let unknown = paces.first(where: { !known.contains($0.name) }) {
        throw CommandState.Failure(description: "--latency: there is no deployment '\(unknown.name)'.")
      }
      let router = LineRouter(settings, against: other, key: key, tenant: tenant)
      var replay = Replay(router, paces: Dictionary(paces.map { ($0.name, $0.pace) }) { $1 })
      try await play(by: router, &replay)
      let report = replay.report
      tell(report.summary)
      let table = ReplayTable(report: report, config: options.path, against: against)
      print(json ? table.json.text : table.text)
      if report.summary.requests == 0 { throw Switchyard.Exit.no }
    } catch let errors as SettingsErrors {
      for error in errors.errors { StandardError.write("\(error)") }
      throw Switchyard.Exit.no
    } catch let error where !(error is ExitCode) {
      StandardError.write("\(error)")
      throw Switchyard.Exit.no
    }
  }

  private func configurations() throws -> (Settings, Settings?) {
    (try options.load(), try against.map { try Settings.load(path: $0, environment: Environment.all) })
  }

  private func play(by router: LineRouter, _ replay: inout Replay) async throws {
    let file = try LineFile(traffic)
    var bar = ProgressBar(of: file.size, isForced: progress)
    while true {
      var chunks: [[UInt8]] = []
      while chunks.count < threads, let chunk = try file.next() { chunks.append(chunk) }
      guard !chunks.isEmpty else { break }
      for chunk in await router.route(chunks) { replay.take(chunk) }
      bar.show(bytes: file.taken, lines: replay.lines)
    }
    bar.end()
  }

  private func tell(_ summary: ReplaySummary) {
    for fault in summary.firstFaults { StandardError.write("\(traffic):\(fault.line): \(fault.message)") }
    guard summary.faults > 0 else { return }
    let rest = summary.faults - summary.firstFaults.count
    StandardError.write(
      "\(summary.faults) of \(summary.lines) lines could not be played\(rest > 0 ? ", these among them" : "")."
    )
  }
}
