import Glibc

/// Samples of one kind, in tenths of a microsecond.
struct Samples {
  private(set) var values: [UInt32] = []

  mutating func note(nanoseconds: Int64) {
    values.append(UInt32(clamping: nanoseconds / 100))
  }

  /// Count, mean, percentiles (nearest rank) and maximum as a JSON object, in microseconds.
  var json: String {
    let sorted = values.sorted()
    let sum = sorted.reduce(0.0) { $0 + Double($1) }
    let mean = sorted.isEmpty ? 0 : sum / Double(sorted.count) / 10
    let ranks = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1)]
    let figures = ranks.map { "\"\($0.0)\":\(percentile($0.1, of: sorted))" }
    return "{\"n\":\(sorted.count),\"mean\":\(rounded(mean)),\(figures.joined(separator: ","))}"
  }

  private func percentile(_ share: Double, of sorted: [UInt32]) -> Double {
    guard !sorted.isEmpty else { return 0 }
    let rank = Int((share * Double(sorted.count)).rounded(.up)) - 1
    return Double(sorted[max(0, min(rank, sorted.count - 1))]) / 10
  }
}

/// What has been counted of a load.
struct Tally {
  var latency = Samples()
  /// From the moment due to the first byte of the body: a stream's first event.
  var first = Samples()
  /// Between reads of one body.
  var gap = Samples()
  /// Requests sent, or due and never sent.
  var issued = 0
  var succeeded = 0
  var refused = 0
  /// Answers cut off or malformed, and connections that failed.
  var broken = 0
  var bodyBytes = 0
  private var codes = [Int](repeating: 0, count: 1_000)

  mutating func count(status: Int) {
    if status / 100 == 2 { succeeded += 1 } else { refused += 1 }
    if codes.indices.contains(status) { codes[status] += 1 }
  }

  /// The result of a load of `seconds`, as one line of JSON.
  func report(seconds: Double) -> String {
    let answered = succeeded + refused
    let reads = Double(first.values.count + gap.values.count) / Double(max(1, answered))
    let statuses = codes.indices.filter { codes[$0] > 0 }.map { "\"\($0)\":\(codes[$0])" }
    let fields = [
      "\"ok\":\(succeeded)", "\"non2xx\":\(refused)", "\"broken\":\(broken)",
      "\"unanswered\":\(max(0, issued - answered - broken))", "\"seconds\":\(rounded(seconds))",
      "\"rps\":\(rounded(Double(succeeded) / seconds))",
      "\"latency\":\(latency.json)", "\"first\":\(first.json)",
      "\"gap\":\(gap.json)", "\"reads_per_answer\":\(rounded(reads))",
      "\"bytes_per_answer\":\(bodyBytes / max(1, answered))",
      "\"own_cpu_us\":\(rounded(ownProcessorTime() * 1e6 / Double(max(1, answered))))",
      "\"codes\":{\(statuses.joined(separator: ","))}",
    ]
    return "{\(fields.joined(separator: ","))}"
  }

  /// Writes latencies, first events and gaps, each as a count and its values (UInt32).
  func write(to path: String) throws {
    guard let file = fopen(path, "w") else { throw LoadError(description: "cannot write \(path)") }
    defer { fclose(file) }
    for samples in [latency, first, gap] {
      let words = [UInt32(samples.values.count)] + samples.values
      guard fwrite(words, 4, words.count, file) == words.count else {
        throw LoadError(description: "cannot write \(path)")
      }
    }
  }
}

private func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

/// Seconds of user and system time that this process has taken.
private func ownProcessorTime() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  let (user, system) = (usage.ru_utime, usage.ru_stime)
  return Double(user.tv_sec + system.tv_sec) + Double(user.tv_usec + system.tv_usec) / 1e6
}
