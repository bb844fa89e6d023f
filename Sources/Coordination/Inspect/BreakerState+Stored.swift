import Policy

extension BreakerState {
  /// A breaker's hash, as its scripts write it; nil where it is another one.
  init?(_ fields: [String: String]) {
    let names = ["gen", "since", "until", "span", "opens", "issued", "succeeded", "cool", "cool_span"]
    let numbers = names.compactMap { fields[$0].flatMap(Int64.init) }
    guard let phase = fields["state"].flatMap(Phase.init), let reason = fields["why"].flatMap(Reason.init),
      numbers.count == names.count
    else { return nil }
    self.init()
    (self.phase, self.reason) = (phase, reason)
    (generation, since, until, span) = (numbers[0], numbers[1], numbers[2], numbers[3])
    (opens, issued, succeeded) = (numbers[4], numbers[5], numbers[6])
    (coolUntil, coolSpan) = (numbers[7], numbers[8])
  }
}
