/// What the shared state last said is left of budgets, by the keys of charges: these name the window, so that of a new window nothing is
/// known until it is asked about.
package struct BudgetLevels: Sendable {
  private static let most = 10_000
  private var left: [String: Int64] = [:]

  package init() {}

  package mutating func note(_ left: Int64, of charge: Charge) {
    if self.left.count >= Self.most, self.left[charge.key] == nil { self.left.removeAll() }
    self.left[charge.key] = left
  }

  /// The first of some budgets that is spent so far that it steers; `charges` are of them.
  package func steering(_ limits: [Limit], _ charges: [Charge]) -> Limit? {
    for (limit, charge) in zip(limits, charges) {
      if let left = left[charge.key], limit.steers(left: left) { return limit }
    }
    return nil
  }
}
