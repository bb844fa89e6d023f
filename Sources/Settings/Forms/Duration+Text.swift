extension Duration {
  /// As the configuration writes one, `24h`; nil for what is none.
  package init?(text: String) {
    guard let count = try? Measure.duration.parse(text) else { return nil }
    self = .milliseconds(count)
  }
}
