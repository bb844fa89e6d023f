import ArgumentParser
import Dispatch
import Glibc
import NIOCore

/// A simulated provider of models: answers at once or at a given pace, and misbehaves on command.
@main
struct Modelsim: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "modelsim", abstract: "A simulated provider of models.",
    discussion: """
      Serves, on each port, what their clients ask of
        OpenAI          /v1/chat/completions, completions, responses, embeddings, models
        Azure           /openai/deployments/NAME/chat/completions?api-version=DATE
        Anthropic       /v1/messages, /v1/messages/count_tokens, /v1/models
        Ollama          /api/chat, generate, embed, tags, version
        Gemini          /v1beta/models/NAME:generateContent, :streamGenerateContent?alt=sse
        Open Inference  /v2/health/live, /v2/models/NAME, /v2/models/NAME/infer
      Faults are set at /sim/faults or in a prompt: [[sim:status=503,retry_after=2]]. Answers are shaped
      likewise: [[sim:tool=get_weather,calls=2]], [[sim:thinking=8]], [[sim:text=Hello]]. What came in is told
      by /sim/log, /sim/bill and /sim/stats.
      """)

  @Option(help: "Port to listen on; may be repeated; 0 takes any free port.")
  var port: [Int] = [9001]

  @Option(help: "Another port for /sim/, which stays open when the others refuse.")
  var controlPort: Int?

  @Option(help: "Address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "Models that exist, separated by commas; without it, every name is served.")
  var models: String?

  @Option(help: "A key that is accepted; may be repeated; without it, none is asked for.")
  var key: [String] = []

  @Option(help: "Time to the first token: 20ms, uniform:10ms..30ms, lognormal:20ms,0.5, exponential:20ms.")
  var ttft = Distribution.zero

  @Option(help: "Time from token to token, written likewise.")
  var perToken = Distribution.zero

  @Option(help: "What these times, and those of directives, are multiplied with.")
  var slowdown = 1.0

  @Option(help: "Requests that are answered at a time; the others wait.")
  var slots: Int?

  @Option(help: "Tokens of an answer.")
  var tokens = 16

  @Option(help: "Seed of texts and delays.")
  var seed: UInt64 = 1

  @Option(help: "Dollars per million prompt tokens.")
  var priceInput = 0.15

  @Option(help: "Dollars per million completion tokens.")
  var priceOutput = 0.60

  @Option(help: "Event loops.")
  var threads = 1

  @Option(help: "Rules that hold from the start, as PUT /sim/faults takes them.")
  var faults = "[]"

  @Flag(help: "Keep request bodies in the log.")
  var keepBodies = false

  func validate() throws {
    guard threads > 0, tokens >= 0, priceInput >= 0, priceOutput >= 0 else {
      throw ValidationError("threads, tokens and prices must not be negative.")
    }
    guard slowdown > 0, slowdown <= 1_000, slots.map({ $0 > 0 }) ?? true else {
      throw ValidationError("slowdown must be above 0 and at most 1000, slots at least 1.")
    }
    _ = try rules()
  }

  func run() async throws {
    let signals = Signals([SIGTERM, SIGINT])
    raiseDescriptorLimit()
    let server = try await Server.start(
      settings, host: host, ports: port, controlPort: controlPort, threads: threads)
    server.simulator.replaceRules(try rules())
    for port in server.ports { print("modelsim listening on http://\(host):\(port)") }
    if let control = server.controlPort { print("modelsim controlled on http://\(host):\(control)") }
    fflush(nil)
    await signals.first()
    try await server.stop()
  }

  private func rules() throws -> [Rule] {
    do {
      let document = try ByteBuffer(string: faults).withUnsafeReadableBytes { try JSONValue(parsing: $0) }
      let rules = try RuleParser.rules(from: document)
      guard !rules.contains(where: \.refuses) else {
        throw ValidationError("--faults: a port can't refuse from the start.")
      }
      return rules
    } catch let error as JSONError {
      throw ValidationError("--faults: bad JSON: \(error.reason) at byte \(error.offset).")
    } catch let error as RuleError {
      throw ValidationError("--faults: \(error.reason).")
    }
  }

  private var settings: SimulatorSettings {
    var settings = SimulatorSettings()
    settings.models = models.map { $0.split(separator: ",").map(String.init) } ?? []
    settings.keys = key
    settings.ttft = ttft
    settings.perToken = perToken
    settings.slowdown = slowdown
    settings.slots = slots
    settings.tokens = tokens
    settings.seed = seed
    settings.prices = Prices(
      input: Int64((priceInput * 1e6).rounded()), output: Int64((priceOutput * 1e6).rounded()))
    settings.keepsBodies = keepBodies
    return settings
  }
}

/// Allows as many open connections as the system lets this process have.
private func raiseDescriptorLimit() {
  var limit = rlimit()
  guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
  limit.rlim_cur = limit.rlim_max
  setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}

extension Distribution: ExpressibleByArgument {
  init?(argument: String) {
    self.init(argument)
  }

  var defaultValueDescription: String { "0" }
}

/// Waits for one of some signals, which from its making on no longer end the process.
struct Signals {
  private let stream: AsyncStream<Void>
  private let sources: [any DispatchSourceSignal]

  init(_ numbers: [CInt]) {
    let (stream, continuation) = AsyncStream<Void>.makeStream()
    self.stream = stream
    sources = numbers.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield() }
      source.resume()
      return source
    }
  }

  func first() async {
    for await _ in stream { break }
    for source in sources { source.cancel() }
  }
}
