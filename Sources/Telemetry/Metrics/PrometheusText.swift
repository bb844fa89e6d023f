/// Writes the Prometheus text format, version 0.0.4.
package enum PrometheusText {
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// Every family with HELP, TYPE and its series, each the sum over the snapshots: one of each shard of the
  /// registry.
  package static func render(_ snapshots: [MetricsSnapshot], of registry: MetricsRegistry) -> String {
    let totals = MetricsSnapshot.sum(snapshots)
    var text = ""
    for group in registry.groups {
      let family = group.family
      text += "# HELP \(family.name) \(escapedHelp(family.help))\n# TYPE \(family.name) \(family.kind.word)\n"
      for series in group.series where !family.isOfEndpoints || totals.stated.contains(series.cell) {
        append(series, of: family, totals, to: &text)
      }
    }
    return text
  }

  /// `a="b",c="d"` with the values escaped; also the identity of a series within its family.
  static func labels(_ names: [String], _ values: [String]) -> String {
    zip(names, values).map { "\($0)=\"\(escapedLabel($1))\"" }.joined(separator: ",")
  }

  /// An integer in units of 10^-decimals as a decimal number, exactly, without trailing zeros.
  static func number(_ value: Int64, decimals: Int) -> String {
    guard decimals > 0 else { return String(value) }
    var digits = Array(String(value.magnitude).utf8)
    let zero = UInt8(ascii: "0")
    let missing = max(0, decimals + 1 - digits.count)
    digits.insert(contentsOf: repeatElement(zero, count: missing), at: 0)
    var fraction = digits.suffix(decimals)
    while fraction.last == zero { fraction.removeLast() }
    let whole = String(decoding: digits.dropLast(decimals), as: UTF8.self)
    let sign = value < 0 ? "-" : ""
    return fraction.isEmpty ? sign + whole : "\(sign)\(whole).\(String(decoding: fraction, as: UTF8.self))"
  }

  private static func append(
    _ series: MetricsRegistry.Series, of family: MetricFamily, _ totals: MetricsSnapshot,
    to text: inout String
  ) {
    let decimals = family.unit.decimals
    switch family.kind {
    case .counter:
      append(family.name, series.labels, number(unsigned(totals[series.cell]), decimals: decimals), to: &text)
    case .gauge:
      append(family.name, series.labels, number(totals[series.cell], decimals: decimals), to: &text)
    case .histogram(let bounds):
      append(series, buckets: bounds, of: family, totals, to: &text)
    }
  }

  private static func append(
    _ series: MetricsRegistry.Series, buckets bounds: [Int64], of family: MetricFamily,
    _ totals: MetricsSnapshot, to text: inout String
  ) {
    let decimals = family.unit.decimals
    let edges = bounds.map { number($0, decimals: decimals) } + ["+Inf"]
    let prefix = series.labels.isEmpty ? "" : series.labels + ","
    var count: Int64 = 0
    for (index, edge) in edges.enumerated() {
      count &+= totals[series.cell + index]
      append(family.name + "_bucket", "\(prefix)le=\"\(edge)\"", String(unsigned(count)), to: &text)
    }
    let sum = unsigned(totals[series.cell + edges.count])
    append(family.name + "_sum", series.labels, number(sum, decimals: decimals), to: &text)
    append(family.name + "_count", series.labels, String(unsigned(count)), to: &text)
  }

  private static func append(_ name: String, _ labels: String, _ value: String, to text: inout String) {
    text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
  }

  /// A wrapped sum starts again near 0, as a counter does after a restart, instead of turning negative.
  private static func unsigned(_ sum: Int64) -> Int64 { sum & .max }

  private static func escapedHelp(_ text: String) -> String {
    text.reduce(into: "") { $0 += $1 == "\\" ? "\\\\" : $1 == "\n" ? "\\n" : String($1) }
  }

  private static func escapedLabel(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { escaped, scalar in
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
  }
}

extension MetricFamily.Kind {
  fileprivate var word: String {
    switch self {
    case .counter: "counter"
    case .gauge: "gauge"
    case .histogram: "histogram"
    }
  }
}
