import CMallocs
import Dialects
import Policy

/// What it costs to know what a prompt asks: a request is read with and without, and the text alone.
@main
struct Facts {
  static func main() {
    print(
      "prompt                  bytes      plain ns     facts ns   learned ns   text alone ns   mallocs plain/facts/learned"
    )
    for sample in Sample.all { print(Self.line(sample)) }
  }

  private static func line(_ sample: Sample) -> String {
    let (plain, asking, learned) = (Peek(), Peek(), Peek())
    asking.readsPrompt = PromptRules()
    (learned.readsPrompt, learned.complexityModel) = (PromptRules(), .shipped)
    let body = PaddedBytes(sample.body.utf8)
    let without = measure(sample) { read(plain, body) }
    let with = measure(sample) { read(asking, body) }
    let scored = measure(sample) { read(learned, body) }
    let text = Array(sample.text.utf8)
    let alone = measure(sample) { complexity(of: text) }
    return pad(sample.name, 18) + pad("\(text.count)", -11) + pad("\(without.nanoseconds)", -14)
      + pad("\(with.nanoseconds - without.nanoseconds)", -13)
      + pad("\(scored.nanoseconds - with.nanoseconds)", -13) + pad("\(alone.nanoseconds)", -16)
      + pad("\(without.mallocs)/\(with.mallocs)/\(scored.mallocs)", -30)
  }

  private static func read(_ peek: Peek, _ body: PaddedBytes) -> Double {
    guard let request = try? peek.request(body, surface: .chatCompletions) else {
      preconditionFailure("a sample that is refused")
    }
    return request.facts.prompt?.complexity ?? Double(request.facts.textBytes)
  }

  private static func complexity(of text: [UInt8]) -> Double {
    var scan = PromptScan(length: text.count)
    text.withUnsafeBytes { scan.add($0) }
    return PromptFacts(scan, in: PromptContext(), by: PromptRules()).complexity
  }

  /// The quickest of nine runs, by the call; and how often one call asks for memory.
  private static func measure(
    _ sample: Sample, _ body: () -> Double
  ) -> (nanoseconds: Int64, mallocs: UInt) {
    var (best, mallocs, sum) = (Int64.max, UInt.max, 0.0)
    for _ in 0..<9 {
      let (began, before) = (ContinuousClock.now, counted_mallocs())
      for _ in 0..<sample.rounds { sum += body() }
      let asked = counted_mallocs() - before
      let time = (ContinuousClock.now - began).components
      best = min(
        best, (time.seconds * 1_000_000_000 + time.attoseconds / 1_000_000_000) / Int64(sample.rounds))
      mallocs = min(mallocs, asked / UInt(sample.rounds))
    }
    precondition(sum > 0, "nothing was read")
    return (best, mallocs)
  }

  /// To the left, or with a negative width to the right.
  private static func pad(_ text: String, _ width: Int) -> String {
    let space = String(repeating: " ", count: max(0, abs(width) - text.count))
    return width < 0 ? space + text : text + space
  }
}

private struct Sample {
  var name: String
  var text: String
  /// Calls of a run.
  var rounds: Int

  var body: String {
    let plain = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: #"\n"#)
    return #"{"model":"m","messages":[{"role":"user","content":"\#(plain)"}]}"#
  }

  init(_ name: String, _ line: String, bytes: Int) {
    self.name = name
    text = String(repeating: line, count: bytes / line.utf8.count + 1)
    rounds = max(5, 20_000_000 / bytes)
  }

  private static let prose =
    "First, explain why the patient in the report was treated late. Then compare both drugs: which has more risks?\n"
  private static let code = "  for (int i = 0; i < n; i++) {\n    total += weights[i] * f(values[i]);\n  }\n"

  static let all = [
    Sample("prose, 1 KB", prose, bytes: 1_000), Sample("code, 1 KB", code, bytes: 1_000),
    Sample("Chinese, 1 KB", "请比较这两种方法,并解释为什么。", bytes: 1_000),
    Sample("prose, 64 KB", prose, bytes: 64_000), Sample("prose, 1 MB", prose, bytes: 1_000_000),
    Sample("code, 1 MB", code, bytes: 1_000_000), Sample("letters, 1 MB", "a", bytes: 1_000_000),
    Sample("Chinese, 1 MB", "请比较这两种方法,并解释为什么。", bytes: 1_000_000),
  ]
}
