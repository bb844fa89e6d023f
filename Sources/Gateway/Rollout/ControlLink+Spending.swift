import Coordination
import Policy

/// What copies cost this replica, on its way to the sum of all replicas.
struct PendingSpend {
  var spend: ControlSpend
  var isSent = false
}

/// Once a second, for each model whose candidate gets copies: what they cost here is told, and what they cost all is heard.
extension ControlLink {
  func tellSpending() {
    let busy = Set(spending.keys.map(\.name))
    for (name, amount) in desk.shadows.takeUntold(besides: busy) {
      guard let model = ControlModel(name) else { continue }
      sequence += 1
      let spend = ControlSpend(replica: replica, sequence: sequence, model, amount: amount)
      spending[model] = PendingSpend(spend: spend)
    }
    for model in spending.keys { sendSpending(model) }
    register.flush()
  }

  private func sendSpending(_ model: ControlModel) {
    guard register.isAvailable, let item = spending[model], !item.isSent else { return }
    spending[model]?.isSent = true
    let sequence = item.spend.sequence
    register.spend(item.spend) { [weak self] result in
      guard let self, self.spending[model]?.spend.sequence == sequence else { return }
      switch result {
      case .success(let reply):
        self.spending[model] = nil
        self.desk.shadows.hear(model.name, spent: reply.spent, now: self.clock())
      case .failure:
        // Perhaps it was added: the same again is not added twice.
        self.spending[model]?.isSent = false
      }
    }
  }
}
