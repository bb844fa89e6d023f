import Glibc
package import Policy
import Settings

/// Made-up traffic: requests of several kinds that arrive by chance, at a rate with bursts. What is the same makes the same lines.
package struct SyntheticTraffic: Sendable {
  /// Requests of one sort.
  package struct Kind: Sendable, Equatable {
    package var name: String
    package var task: TaskKind
    /// Medians; half of all have between 0.6 and 1.7 times as many.
    package var input: Int
    package var output: Int
    package var complexity: ClosedRange<Double>

    package init(name: String, task: TaskKind, input: Int, output: Int, complexity: ClosedRange<Double>) {
      (self.name, self.task, self.input, self.output) = (name, task, input, output)
      self.complexity = complexity
    }

    package static let all = [
      Kind(name: "chat", task: .chat, input: 300, output: 200, complexity: 0.02...0.5),
      Kind(name: "code", task: .code, input: 900, output: 500, complexity: 0.3...0.9),
      Kind(name: "long", task: .summarisation, input: 8_000, output: 400, complexity: 0.2...0.7),
      Kind(name: "reasoning", task: .reasoning, input: 500, output: 1_200, complexity: 0.6...0.98),
      Kind(name: "short", task: .classification, input: 150, output: 8, complexity: 0.0...0.2),
    ]
  }

  /// So many times the rate, for so long, once in each while: seconds.
  package struct Bursts: Sendable, Equatable {
    package var every: Double
    package var length: Double
    package var factor: Double

    package init(every: Double, length: Double, factor: Double) {
      (self.every, self.length, self.factor) = (every, length, factor)
    }
  }

  /// What there is of each kind: shares of any sum.
  package var mix: [(kind: Kind, share: Double)]
  /// Requests a second, outside of bursts.
  package var rate: Double
  package var seconds: Double
  package var bursts: Bursts?
  /// Who asks, and for what; one of them by chance for each request, nobody and nothing where there is none.
  package var keys: [String] = []
  package var tenants: [String] = []
  package var models: [String] = []
  /// The first moment, in seconds since 1970.
  package var start: Int64 = 0

  private var chance: Chance
  private var time = 0.0

  package init(mix: [(kind: Kind, share: Double)], rate: Double, seconds: Double, seed: UInt64) {
    (self.mix, self.rate, self.seconds) = (mix, rate, seconds)
    chance = Chance(seed: seed)
  }

  /// The next line, without its end; nil once the time is over.
  package mutating func next() -> String? {
    guard arrive() else { return nil }
    let kind = kind()
    let (input, output) = (tokens(kind.input), tokens(kind.output))
    let range = kind.complexity
    let complexity = range.lowerBound + chance.unit() * (range.upperBound - range.lowerBound)
    let milliseconds = Int64(time * 1_000)
    var line = "{\"at\":\(start + milliseconds / 1_000).\(Self.digits(milliseconds % 1_000))"
    if let key = one(of: keys) { line += ",\"key\":\(JSON.string(key).text)" }
    if let tenant = one(of: tenants) { line += ",\"tenant\":\(JSON.string(tenant).text)" }
    if let model = one(of: models) { line += ",\"model\":\(JSON.string(model).text)" }
    line += ",\"input_tokens\":\(input),\"output_tokens\":\(output),\"task_type\":\"\(kind.task.rawValue)\""
    line += ",\"complexity\":0.\(Self.digits(Int64(complexity * 1_000)))"
    line += ",\"turns\":\(1 + 2 * chance.below(4)),\"stream\":\(chance.below(2) == 0)"
    if kind.task == .code { line += ",\"code\":true" }
    return line + ",\"metadata\":{\"kind\":\(JSON.string(kind.name).text)}}"
  }

  /// Goes to the next arrival: those of the highest rate, of which so many are left out as the rate is lower (Lewis and Shedler, 1979).
  private mutating func arrive() -> Bool {
    let highest = rate * max(1, bursts?.factor ?? 1)
    repeat {
      time -= log(1 - chance.unit()) / highest
      guard time < seconds else { return false }
    } while chance.unit() * highest >= rate(at: time)
    return true
  }

  /// Requests a second at a moment.
  func rate(at time: Double) -> Double {
    guard let bursts, time.truncatingRemainder(dividingBy: bursts.every) < bursts.length else { return rate }
    return rate * bursts.factor
  }

  private mutating func kind() -> Kind {
    var mark = chance.unit() * mix.reduce(0) { $0 + $1.share }
    for (kind, share) in mix {
      mark -= share
      if mark < 0 { return kind }
    }
    return mix[mix.count - 1].kind
  }

  private mutating func one(of names: [String]) -> String? {
    names.isEmpty ? nil : names[chance.below(names.count)]
  }

  /// Log-normal, by Box and Muller.
  private mutating func tokens(_ median: Int) -> Int {
    let normal = (-2 * log(1 - chance.unit())).squareRoot() * cos(2 * .pi * chance.unit())
    return max(1, Int(min(1e9, Double(median) * exp(Self.spread * normal))))
  }

  /// The deviation of the logarithm.
  private static let spread = 0.8

  /// Three of them.
  private static func digits(_ number: Int64) -> String {
    let text = String(number)
    return String(repeating: "0", count: 3 - text.utf8.count) + text
  }
}
