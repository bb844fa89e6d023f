internal import Policy

/// Whole numbers with a unit: durations, sizes, token counts.
struct Measure {
  /// `a duration`
  let noun: String
  /// What to write, with an example.
  let how: String
  /// Smallest first; an empty name is a number without a unit.
  let units: [(name: String, factor: Int)]

  /// In milliseconds.
  static let duration = Measure(
    noun: "a duration", how: "write a whole number with ms, s, m, h or d, such as 30s",
    units: [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)])

  static let size = Measure(
    noun: "a size", how: "write a whole number with KiB, MiB or GiB, or of bytes, such as 32MiB",
    units: [("", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)])

  static let tokens = Measure(
    noun: "a number of tokens",
    how: "write a whole number, k and M standing for thousands and millions, such as 128k",
    units: [("", 1), ("k", 1000), ("M", 1_000_000)])

  /// Requests or tokens of a limit.
  static let amount = Measure(
    noun: "an amount", how: "write a whole number, k and M standing for thousands and millions, such as 200k",
    units: tokens.units)

  func parse(_ text: String) throws(Refusal) -> Int {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count)
    guard let number = Int(digits), let factor = units.first(where: { $0.name == unit })?.factor else {
      throw Refusal("is not \(noun): \(how)")
    }
    let (count, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow else { throw Refusal("is not \(noun): it is too large") }
    return count
  }

  /// In the largest unit that leaves a whole number.
  func write(_ count: Int) -> String {
    let unit = units.last { count % $0.factor == 0 && count >= $0.factor } ?? units[0]
    return "\(count / unit.factor)\(unit.name)"
  }

  func form(in range: ClosedRange<Int>) -> Form<Int> {
    let names = units.map(\.name).filter { !$0.isEmpty }.joined(separator: "|")
    let plain = units.contains { $0.name.isEmpty }
    let schema = JSON.pattern(
      "[0-9]+(\(names))" + (plain ? "?" : ""), write(range.lowerBound), write(range.upperBound))
    return .scalar(
      noun, schema: plain ? ["anyOf": [["type": "integer"], schema]] : schema,
      parse: { text throws(Refusal) in
        let count = try parse(text)
        guard range.contains(count) else {
          throw Refusal("is out of range: write \(write(range.lowerBound)) to \(write(range.upperBound))")
        }
        return count
      }, write: write)
  }
}

extension Form where Value == Duration {
  static func duration(_ range: ClosedRange<Duration> = Duration.milliseconds(1)...Duration.seconds(86_400))
    -> Form
  {
    Measure.duration.form(in: range.lowerBound.milliseconds...range.upperBound.milliseconds)
      .mapped({ .milliseconds($0) }, { $0.milliseconds })
  }
}

extension Form where Value == Bytes {
  static func bytes(_ range: ClosedRange<Int> = 1...(1 << 40)) -> Form {
    Measure.size.form(in: range).mapped({ Bytes($0) }, { $0.count })
  }
}

extension Form where Value == Int {
  static var tokens: Form { Measure.tokens.form(in: 1...1_000_000_000_000) }
  /// As many as limits can count.
  static var amount: Form { Measure.amount.form(in: 1...Int(Bucket.Rule.maximumUnits)) }
}

extension Duration {
  /// Parts of a millisecond are dropped.
  var milliseconds: Int {
    Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
  }
}
