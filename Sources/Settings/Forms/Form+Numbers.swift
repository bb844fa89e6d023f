internal import Policy

extension Form where Value == Int {
  static func int(_ range: ClosedRange<Int>) -> Form {
    .scalar(
      "a whole number",
      schema: [
        "anyOf": [
          ["type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound)],
          ["$ref": "#/$defs/reference"],
        ]
      ],
      parse: { text throws(Refusal) in
        guard let value = Int(text) else {
          throw Refusal("is not a whole number, such as \(range.lowerBound)")
        }
        guard range.contains(value) else {
          throw Refusal("is out of range: write \(range.lowerBound) to \(range.upperBound)")
        }
        return value
      }, write: { "\($0)" })
  }

  static var port: Form { .int(1...65535) }
  /// Shares of traffic among deployments or endpoints.
  static var weight: Form { .int(1...10_000) }

  /// Whole percent: `20%` or `20`.
  static var percent: Form {
    fixed("a percentage", scale: 0, in: 0...100, example: "20%", suffix: "%")
  }

  /// The same, and not nothing.
  static var rate: Form {
    fixed("a percentage", scale: 0, in: 1...100, example: "20%", suffix: "%")
  }

  /// Millionths of a percent, for small shares: `0.5%`.
  static var finePercent: Form {
    fixed("a percentage", scale: 6, in: 0...100, example: "0.5%", suffix: "%")
  }

  /// Hundredths of a percent, for shares of traffic: `2.5%` is 250.
  static func share(_ range: ClosedRange<Int>) -> Form {
    fixed("a percentage", scale: 2, of: range, example: "2.5%", suffix: "%")
  }

  /// Dollars per million tokens as micro-dollars per million tokens: `0.15` is 150,000.
  static var price: Form {
    fixed("a price in dollars per million tokens", scale: 6, in: 0...100_000, example: "0.15")
  }

  /// Micro-dollars, as many as limits can count.
  static var dollars: Form {
    fixed("an amount of dollars", scale: 6, of: 1...Int(Bucket.Rule.maximumUnits), example: "50")
  }

  /// Millionths, for ratios such as `1.25`.
  static func ratio(_ range: ClosedRange<Int>) -> Form {
    fixed("a number", scale: 6, in: range, example: "1.25")
  }

  /// As below, with a range in whole units.
  private static func fixed(
    _ noun: String, scale: Int, in range: ClosedRange<Int>, example: String, suffix: String = ""
  ) -> Form {
    let unit = Decimals.power(scale)
    return fixed(
      noun, scale: scale, of: range.lowerBound * unit...range.upperBound * unit, example: example,
      suffix: suffix)
  }

  /// A decimal number, exactly, as a whole number of 10^-`scale` in `range`.
  private static func fixed(
    _ noun: String, scale: Int, of range: ClosedRange<Int>, example: String, suffix: String = ""
  ) -> Form {
    let decimals = scale == 0 ? "" : "(\\.[0-9]{1,\(scale)})?"
    let pattern = JSON.pattern("[0-9]+\(decimals)" + (suffix.isEmpty ? "" : "\(suffix)?"), example)
    return .scalar(
      noun,
      schema: [
        "anyOf": [["type": "number", "minimum": .int(range.lowerBound / Decimals.power(scale))], pattern]
      ],
      parse: { text throws(Refusal) in
        let number = text.hasSuffix(suffix) ? text.dropLast(suffix.count) : text[...]
        guard let value = Decimals.parse(number, scale: scale) else {
          let kind = scale == 0 ? "a whole number" : "a number with at most \(scale) decimals"
          throw Refusal("is not \(noun): write \(kind), such as \(example)")
        }
        guard range.contains(value) else {
          let (least, most) = (
            Decimals.write(range.lowerBound, scale: scale), Decimals.write(range.upperBound, scale: scale)
          )
          throw Refusal("is out of range: write \(least)\(suffix) to \(most)\(suffix)")
        }
        return value
      }, write: { Decimals.write($0, scale: scale) + suffix })
  }
}

/// Decimal numbers as whole numbers, without a rounding anywhere.
enum Decimals {
  static func power(_ scale: Int) -> Int { (0..<scale).reduce(1) { power, _ in power * 10 } }

  /// `0.15` at scale 6 is 150,000. Nil for signs, exponents and more decimals than the scale has.
  static func parse(_ text: Substring, scale: Int) -> Int? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let decimals = parts.count == 2 ? parts[1] : ""
    guard (1...2).contains(parts.count), parts.count == 1 || !decimals.isEmpty, decimals.count <= scale else {
      return nil
    }
    let digits = parts[0] + decimals + String(repeating: "0", count: scale - decimals.count)
    guard !parts[0].isEmpty, digits.utf8.allSatisfy(Ascii.isDigit) else { return nil }
    return Int(digits)
  }

  static func write(_ value: Int, scale: Int) -> String {
    let unit = power(scale)
    guard value % unit != 0 else { return "\(value / unit)" }
    let decimals = "\(value % unit)"
    let padded = String(repeating: "0", count: scale - decimals.count) + decimals
    return "\(value / unit).\(padded.reversed().drop { $0 == "0" }.reversed().map(String.init).joined())"
  }
}
