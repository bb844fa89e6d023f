/// What a replica, or one worker of it, has seen of both arms of a model since it last told.
///
/// Its words are the fields of the second's hash in Redis, by `EvidenceArm`: `c.` is the canary, `s.` its copies before, `b.` the baseline.
/// `n` and `err` are of all requests; `t` are those that had a first token, `k` those that have a price, `o` those whose tokens are known, `r`
/// those that could be refusals, `f` those that were to have a format, `q` answers that somebody judged; `lat.`, `ttft.`, `cost.`, `len.` and
/// `grade.` are the baseline's sketches, bin by bin, as long as thresholds are wanted.
package struct RolloutTally: Equatable, Sendable {
  package private(set) var words: [String: Int64] = [:]

  package init() {}

  package var isEmpty: Bool { words.isEmpty }

  /// One exchange that is evidence. Times are milliseconds, the cost micro-dollars; nil where there is none.
  package struct Sample: Equatable, Sendable {
    package var arm: EvidenceArm
    package var isError = false
    package var latency: Int64 = 0
    package var firstToken: Int64?
    package var cost: Int64?
    /// Of the answer.
    package var tokens: Int64?
    /// The model would not answer; nil where that isn't looked at.
    package var isRefusal: Bool?
    /// It is not what the request asked for; nil where that asked for no format.
    package var isMisshapen: Bool?

    package init(_ arm: EvidenceArm) { self.arm = arm }
  }

  /// Counts an exchange; with thresholds its events, without them what the baseline is like.
  package mutating func add(_ sample: Sample, _ thresholds: Thresholds?) {
    let arm = sample.arm.rawValue
    add("\(arm).n")
    if sample.isError { add("\(arm).err") }
    guard let thresholds else { return measure(sample) }
    // An error that came at once was not fast, and cost nothing.
    guard !sample.isError else { return }
    count(arm, "s", sample.latency, [("slow95", thresholds.slow95), ("slow99", thresholds.slow99)])
    if let time = sample.firstToken { count(arm, "t", time, [("ttft95", thresholds.ttft95)]) }
    if let cost = sample.cost {
      count(arm, "k", cost, [("cost90", thresholds.cost90)])
      if let most = thresholds.cost99, most > 0 { addCost(arm, cost, most) }
    }
    if let tokens = sample.tokens { count(arm, "o", tokens, [("long95", thresholds.long95)]) }
    count(arm, "r", "refusal", sample.isRefusal)
    count(arm, "f", "format", sample.isMisshapen)
  }

  private mutating func count(_ arm: String, _ exposure: String, _ name: String, _ isEvent: Bool?) {
    guard let isEvent else { return }
    add("\(arm).\(exposure)")
    if isEvent { add("\(arm).\(name)") }
  }

  /// Counts what somebody makes of an answer.
  package mutating func add(_ grade: Feedback.Grade, _ arm: EvidenceArm, _ thresholds: Thresholds?) {
    guard let thresholds else {
      if arm == .baseline { add("b.grade.\(QuantileSketch.bin(of: Double(grade.value)))") }
      return
    }
    count(arm.rawValue, "q", "lowq", grade.isLow(thresholds.lowq10))
  }

  private mutating func count(_ arm: String, _ exposure: String, _ value: Int64, _ events: [(String, Int64?)])
  {
    guard events.contains(where: { $0.1 != nil }) else { return }
    add("\(arm).\(exposure)")
    for (name, threshold) in events {
      if let threshold, value > threshold { add("\(arm).\(name)") }
    }
  }

  /// Sum and sum of squares, for `Moments`: in thousandths of the baseline's p99, at which costs are clipped. Only their ratio counts.
  private mutating func addCost(_ arm: String, _ cost: Int64, _ most: Int64) {
    let units = Int64(Double(min(max(0, cost), most)) * 1_000 / Double(most))
    add("\(arm).cost", units)
    add("\(arm).cost2", units * units)
  }

  private mutating func measure(_ sample: Sample) {
    guard sample.arm == .baseline, !sample.isError else { return }
    add("b.lat.\(QuantileSketch.bin(of: Double(sample.latency)))")
    if let time = sample.firstToken { add("b.ttft.\(QuantileSketch.bin(of: Double(time)))") }
    if let cost = sample.cost { add("b.cost.\(QuantileSketch.bin(of: Double(cost)))") }
    if let tokens = sample.tokens { add("b.len.\(QuantileSketch.bin(of: Double(tokens)))") }
  }

  private mutating func add(_ word: String, _ amount: Int64 = 1) {
    words[word] = min(words[word, default: 0] + amount, ControlCount.mostAmount)
  }

  package static func += (one: inout RolloutTally, other: RolloutTally) {
    for (word, amount) in other.words { one.add(word, amount) }
  }
}

/// The other way: what all replicas counted in a second, as the judge folds it.
extension StageJudge.Second {
  /// `arm` is that of the candidate.
  package init(_ words: [String: Int64], of arm: EvidenceArm = .canary) {
    let arm = arm.rawValue
    func count(_ arm: String, _ exposure: String, _ event: String) -> EventCount {
      EventCount(words["\(arm).\(exposure)"] ?? 0, events: words["\(arm).\(event)"] ?? 0)
    }
    func costs(_ arm: String) -> Moments {
      Moments(
        count: Double(words["\(arm).k"] ?? 0), sum: Double(words["\(arm).cost"] ?? 0),
        squares: Double(words["\(arm).cost2"] ?? 0))
    }
    let metrics: [(RolloutMetric, String)] = [
      (.err, "n"), (.slow95, "s"), (.slow99, "s"), (.ttft95, "t"), (.cost90, "k"), (.lowq, "q"),
      (.format, "f"), (.refusal, "r"), (.long95, "o"),
    ]
    var counts: [RolloutMetric: ArmCounts] = [:]
    for (metric, exposure) in metrics {
      counts[metric] = ArmCounts(
        canary: count(arm, exposure, metric.rawValue), baseline: count("b", exposure, metric.rawValue))
    }
    self.init(counts, canaryCosts: costs(arm), baselineCosts: costs("b"))
  }
}

extension BaselineSketches {
  /// Adds what was measured in a second.
  package mutating func add(_ words: [String: Int64]) {
    for (word, count) in words {
      if let bin = word.after("b.lat.") { latency.add(count, bin: bin) }
      if let bin = word.after("b.ttft.") { firstToken.add(count, bin: bin) }
      if let bin = word.after("b.cost.") { cost.add(count, bin: bin) }
      if let bin = word.after("b.len.") { length.add(count, bin: bin) }
      if let bin = word.after("b.grade.") { grade.add(count, bin: bin) }
    }
  }
}

extension String {
  fileprivate func after(_ beginning: String) -> Substring? {
    hasPrefix(beginning) ? dropFirst(beginning.count) : nil
  }
}
