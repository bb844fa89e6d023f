import Coordination
import Policy

/// A minute of a model's traffic that is being told.
struct PendingTraffic {
  var count: ControlCount
  let source: Traffic
  let taken: Traffic.Count
  var isSent = false
}

/// Once a minute: what each model took of providers, so that anybody can say what a rollout will probably cost.
extension ControlLink {
  func tellTraffic() {
    let minute = max(0, register.now / 60_000)
    if minute != trafficMinute {
      if trafficMinute != nil { takeTraffic(minute) }
      trafficMinute = minute
    }
    for model in trafficPending.keys { sendTraffic(model) }
    if !trafficPending.isEmpty { register.flush() }
  }

  private func takeTraffic(_ minute: Int64) {
    for (name, source) in traffics where trafficPending.keys.allSatisfy({ $0.name != name }) {
      let taken = source.take()
      guard taken.requests > 0, let model = ControlModel(name) else { continue }
      sequence += 1
      // Not as whoever tells evidence: of one name, only what is later counts.
      let count = ControlCount(
        replica: "\(replica)/traffic", sequence: sequence, model, second: minute * 60, taken.words)
      trafficPending[model] = count.map { PendingTraffic(count: $0, source: source, taken: taken) }
    }
  }

  private func sendTraffic(_ model: ControlModel) {
    guard register.isAvailable, let item = trafficPending[model], !item.isSent else { return }
    trafficPending[model]?.isSent = true
    let sequence = item.count.sequence
    register.count(item.count) { [weak self] result in
      guard let self, self.trafficPending[model]?.count.sequence == sequence else { return }
      switch result {
      case .success(.counted), .success(.repeated): self.trafficPending[model] = nil
      case .success(.late):
        item.source.add(item.taken)
        self.trafficPending[model] = nil
      case .failure: self.trafficPending[model]?.isSent = false
      }
    }
  }
}
