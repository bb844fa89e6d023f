import ArgumentParser
import Gateway

/// `switchyard traffic`: requests that nobody made, for planning.
struct MakeTraffic: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "traffic",
    abstract: "Make up traffic for `switchyard replay`: one request a line, on standard output.",
    discussion: """
      Requests arrive by chance (a Poisson process) at the given rate, and have as many tokens as chance wants around the medians of their \
      kind (log-normal). The same words make the same lines. Kinds are chat, code, long, reasoning and short.
      """)

  @Option(help: "Kinds and their shares.") var mix = "chat:70,code:20,long:10"
  @Option(help: "Requests a second, outside of bursts.") var rate = 100.0
  @Option(help: "For how long.") var seconds = 600.0
  @Option(help: "Bursts, EVERY/LENGTH/FACTOR: '120/15/4' is four times the rate for 15 of each 120 seconds.")
  var bursts: String?
  @Option(help: "Medians of a kind's tokens, 'chat=300/200': input and output. May be repeated.")
  var tokens: [String] = []
  @Option(help: "The id of a key that asks; may be repeated.") var key: [String] = []
  @Option(help: "A tenant that asks; may be repeated.") var tenant: [String] = []
  @Option(help: "A model that is asked for; may be repeated (default: none is named).") var model: [String] =
    []
  @Option(help: "When it begins, in seconds since 1970.") var start: Int64 = 0
  @Option(help: "Of all that is left to chance.") var seed: UInt64 = 1

  func validate() throws {
    guard key.isEmpty || tenant.isEmpty else { throw ValidationError("name either keys or tenants") }
    guard rate > 0, rate <= 1e6 else {
      throw ValidationError("--rate must be above 0, and 1,000,000 at most")
    }
    guard seconds > 0, seconds <= 1e8 else { throw ValidationError("--seconds must be above 0") }
    guard (0...1_000_000_000_000 - 100_000_000).contains(start) else {
      throw ValidationError("--start is in seconds since 1970")
    }
    _ = try kinds()
    if let bursts, Self.bursts(bursts) == nil {
      throw ValidationError("--bursts wants EVERY/LENGTH/FACTOR, such as 120/15/4, not '\(bursts)'")
    }
  }

  func run() throws {
    var traffic = SyntheticTraffic(mix: try kinds(), rate: rate, seconds: seconds, seed: seed)
    (traffic.bursts, traffic.start) = (bursts.flatMap(Self.bursts), start)
    (traffic.keys, traffic.tenants, traffic.models) = (key, tenant, model)
    var lines: [String] = []
    while let line = traffic.next() {
      lines.append(line)
      guard lines.count == 1_000 else { continue }
      print(lines.joined(separator: "\n"))
      lines.removeAll(keepingCapacity: true)
    }
    if !lines.isEmpty { print(lines.joined(separator: "\n")) }
  }

  private static func bursts(_ text: String) -> SyntheticTraffic.Bursts? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).compactMap { Double($0) }
    guard parts.count == 3, parts[1] > 0, parts[1] <= parts[0], parts[0] <= 1e8, parts[2] > 0, parts[2] <= 1e6
    else { return nil }
    return .init(every: parts[0], length: parts[1], factor: parts[2])
  }

  private func kinds() throws -> [(kind: SyntheticTraffic.Kind, share: Double)] {
    var known = SyntheticTraffic.Kind.all
    for text in tokens {
      let parts = text.split(whereSeparator: { $0 == "=" || $0 == "/" })
      guard parts.count == 3, let place = known.firstIndex(where: { $0.name == parts[0] }),
        let input = Int(parts[1]), let output = Int(parts[2]), (1...1_000_000).contains(input),
        (1...1_000_000).contains(output)
      else { throw ValidationError("--tokens wants KIND=INPUT/OUTPUT, not '\(text)'") }
      (known[place].input, known[place].output) = (input, output)
    }
    guard !mix.isEmpty else { throw ValidationError("--mix wants KIND:SHARE,…, such as chat:70,code:30") }
    return try mix.split(separator: ",", omittingEmptySubsequences: false).map { part in
      let halves = part.split(separator: ":")
      guard halves.count == 2, let kind = known.first(where: { $0.name == halves[0] }),
        let share = Double(halves[1]), share > 0, share <= 1e6
      else {
        let names = known.map(\.name).joined(separator: ", ")
        throw ValidationError("--mix wants KIND:SHARE,…, not '\(part)'; kinds are \(names)")
      }
      return (kind, share)
    }
  }
}
