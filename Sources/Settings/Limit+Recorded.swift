package import Policy

extension Settings.Limit {
  /// The limit that a virtual key's record has in words; nil where its time zone is not known on this machine.
  package init?(_ recorded: RecordedLimit, path: String) {
    let amount: Amount =
      switch recorded.measure {
      case .requests: .requests(recorded.amount)
      case .tokens: .tokens(recorded.amount)
      case .inputTokens: .inputTokens(recorded.amount)
      case .outputTokens: .outputTokens(recorded.amount)
      case .dollars: .dollars(microdollars: recorded.amount)
      case .concurrent: .concurrent(Int(clamping: recorded.amount))
      }
    guard let by = Scope(rawValue: recorded.by.rawValue),
      let outage = Outage(rawValue: recorded.outage.rawValue)
    else {
      return nil
    }
    self.init(amount, per: recorded.window.flatMap { Window(rawValue: $0.rawValue) }, by: by)
    self.outage = outage
    steer = recorded.steer
    self.path = path
    guard let name = recorded.zone else { return }
    guard let zone = try? ZoneFolder.zone(named: name) else { return nil }
    self.zone = zone
  }
}
