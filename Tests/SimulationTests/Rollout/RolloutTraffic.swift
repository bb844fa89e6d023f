import Foundation
import Policy

/// One second after the other of requests, each in the canary with the same probability, each an event with that of its arm.
struct RolloutTraffic {
  var chance: Chance
  let requests: Int64
  let weight: Double

  mutating func second(canary: Double, baseline: Double) -> ArmCounts {
    let canaries = chance.binomial(requests, weight)
    return ArmCounts(
      canary: EventCount(canaries, events: chance.binomial(canaries, canary)),
      baseline: EventCount(requests - canaries, events: chance.binomial(requests - canaries, baseline)))
  }
}

extension Chance {
  /// How many of `number` independent trials succeed, in steps of about as many: sums of exponential waiting times (Devroye, 1986, X.4).
  mutating func binomial(_ number: Int64, _ probability: Double) -> Int64 {
    guard number > 0, probability > 0 else { return 0 }
    guard probability < 1 else { return number }
    if probability > 0.5 { return number - binomial(number, 1 - probability) }
    let end = -Foundation.log(1 - probability)
    var (waited, successes) = (0.0, Int64(0))
    while successes < number {
      waited += exponential() / Double(number - successes)
      if waited > end { break }
      successes += 1
    }
    return successes
  }

  /// From a standard normal distribution (Box and Muller).
  mutating func normal() -> Double {
    let angle = 2 * Double.pi * Double(next() >> 11) * 0x1p-53
    return (2 * exponential()).squareRoot() * Foundation.cos(angle)
  }
}

/// What others roll back by: over the last minute, the canary's rate of errors is more than half as high again as the baseline's, and there
/// were fifty requests of it (Argo Rollouts' and Flagger's examples with a ratio for a query).
struct RollingRatioRule {
  private var seconds: [ArmCounts] = []
  private var next = 0
  private var sums: [Int64] = [0, 0, 0, 0]
  private(set) var hasFired = false

  mutating func fold(_ counts: ArmCounts) {
    if seconds.count == 60 {
      add(seconds[next], -1)
      seconds[next] = counts
    } else {
      seconds.append(counts)
    }
    next = (next + 1) % 60
    add(counts, 1)
    // x/n > 1.5 · y/m
    guard sums[0] >= 50, sums[2] > 0 else { return }
    if Double(sums[1] * sums[2]) > 1.5 * Double(sums[3] * sums[0]) { hasFired = true }
  }

  private mutating func add(_ counts: ArmCounts, _ sign: Int64) {
    sums[0] += sign * counts.canary.exposures
    sums[1] += sign * counts.canary.events
    sums[2] += sign * counts.baseline.exposures
    sums[3] += sign * counts.baseline.events
  }
}
