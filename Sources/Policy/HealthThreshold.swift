/// Whether an endpoint is taken for healthy, by the checks that it passed or failed in a row. At first it is.
package struct HealthThreshold: Equatable, Sendable {
  package private(set) var isHealthy = true
  private var contrary = 0

  package init() {}

  /// True where the verdict has changed: after `unhealthyAfter` failures in a row, or `healthyAfter` successes. The very first check
  /// decides alone: nothing is known yet that one mistake should not overturn.
  package mutating func note(passed: Bool, unhealthyAfter: Int, healthyAfter: Int, isFirst: Bool = false)
    -> Bool
  {
    guard passed != isHealthy else {
      contrary = 0
      return false
    }
    contrary += 1
    guard isFirst || contrary >= (isHealthy ? unhealthyAfter : healthyAfter) else { return false }
    isHealthy = passed
    contrary = 0
    return true
  }
}
