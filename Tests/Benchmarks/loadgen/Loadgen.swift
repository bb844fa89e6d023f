import ArgumentParser
import Glibc

/// A load generator for one HTTP/1.1 address: one thread, bounded in time, one JSON object as its result.
@main
struct Loadgen: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "loadgen", abstract: "Load one HTTP/1.1 address and tell how it answered.",
    discussion: """
      Without --rate the loop is closed: each connection sends its next request when the answer is in. With --rate \
      requests are due at random moments (Poisson), and latency counts from the moment due, so that a server that \
      stalls cannot hide the queue before it. With --open that many streams are opened at --rate and held until \
      standard input ends. Times are microseconds.
      """)

  @Argument(help: "http://ADDRESS:PORT/path, ADDRESS in numbers.")
  var url: String

  @Option(name: .shortAndLong, help: "Connections.")
  var connections = 64

  @Option(name: .shortAndLong, help: "Seconds of load; with --open the longest that streams are held.")
  var seconds = 3.0

  @Option(name: .shortAndLong, help: "Requests due per second.")
  var rate: Double?

  @Option(help: "Streams to open and to hold.")
  var open: Int?

  @Option(name: .shortAndLong, help: "File with request bodies, one a line, which are sent in turn.")
  var bodies: String?

  @Option(name: [.customShort("H"), .long], help: "A further header line, 'name: value'.")
  var header: [String] = []

  @Option(help: "File for raw samples: latencies, first events, gaps; each a count and UInt32s of 0.1 µs.")
  var samples: String?

  @Option(help: "Seed of the arrivals.")
  var seed: UInt64 = 1

  func validate() throws {
    guard connections > 0, connections <= 60_000, seconds > 0, seconds <= 86_400 else {
      throw ValidationError("connections must be 1 to 60,000 and seconds at most a day.")
    }
    guard (rate ?? 1) > 0, (open ?? 1) > 0 else { throw ValidationError("rate and open must be above 0.") }
  }

  func run() throws {
    signal(SIGPIPE, SIG_IGN)
    raiseDescriptorLimit()
    let target = try Target(url)
    let requests = try Self.requests(for: target, bodies: bodies, headers: header)
    var load = Load(target: target, requests: requests, poller: try Poller(), seconds: seconds)
    if let open {
      try load.hold(open, perSecond: rate ?? 1_000)
    } else if let rate {
      try load.runOpen(connections: connections, arrivals: Arrivals(perSecond: rate, seed: seed))
    } else {
      try load.runClosed(connections: connections)
    }
    if let samples { try load.tally.write(to: samples) }
    print(load.tally.report(seconds: load.elapsed))
  }

  private static func requests(for target: Target, bodies: String?, headers: [String]) throws -> [[UInt8]] {
    guard let bodies else { return [target.request(body: nil, headers: headers)] }
    let lines = try contents(of: bodies).split(separator: UInt8(ascii: "\n"))
    guard !lines.isEmpty else { throw LoadError(description: "there is no body in \(bodies)") }
    return lines.map { target.request(body: Array($0), headers: headers) }
  }
}

/// What went wrong before there was a load.
struct LoadError: Error, CustomStringConvertible {
  var description: String
}

/// The bytes of a file of at most 64 MiB.
private func contents(of path: String) throws -> [UInt8] {
  guard let file = fopen(path, "r") else { throw LoadError(description: "cannot read \(path)") }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 65_536)
  while case let count = fread(&block, 1, block.count, file), count > 0 {
    bytes += block[..<count]
    guard bytes.count <= 64 << 20 else { throw LoadError(description: "\(path) is too large") }
  }
  return bytes
}

/// Allows as many open connections as the system lets this process have.
private func raiseDescriptorLimit() {
  var limit = rlimit()
  guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
  limit.rlim_cur = limit.rlim_max
  setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}
