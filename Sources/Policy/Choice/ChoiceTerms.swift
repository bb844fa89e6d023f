/// By what a model's learned choice goes: what an answer is worth, how much is tried out, and whether it may decide at all.
package struct ChoiceTerms: Equatable, Sendable {
  /// What says how good an answer is. The raw values are the words of the configuration.
  package enum Quality: String, CaseIterable, Sendable {
    /// Those who judge it: an answer that nobody judges teaches nothing.
    case feedback
    /// Whether it came: 1 for an answer, 0 for a provider's failure.
    case outcome
  }

  /// Whether it may decide. The raw values are the words of the configuration.
  package enum Steering: String, CaseIterable, Sendable {
    /// Where it is shown to be better than each deployment alone.
    case auto
    /// Never: it only watches and learns.
    case never
  }

  package var quality = Quality.feedback
  /// What the dearest deployment's price takes off an answer's worth; a cheaper one takes its part of it. 0 to 1.
  package var cost = 0.2
  /// What a first byte that took twice `slo` or longer takes off. 0 to 1.
  package var latency = 0.1
  /// How soon the first byte should come.
  package var slo = Duration.seconds(5)
  /// The share of requests whose deployment is drawn, all alike, in hundredths of a percent. At least 1 %: without it nothing could be
  /// said of the deployments that aren't chosen (algorithms §9).
  package var explore = 500
  /// Answers that have to be known before it may decide.
  package var minSamples = 1_000
  package var steering = Steering.auto

  /// The defaults of the configuration.
  package init() {}

  package static let mostArms = 8
  package static let leastArms = 2

  /// `explore` as a part of 1.
  package var exploration: Double { Double(explore) / 10_000 }

  /// What an answer is worth: −1.2 to 1, at the default weights −0.3 to 1.
  ///
  /// `quality` is from 0 to 1, `cost` the deployment's part of the dearest one's price for the same tokens, `wait` the milliseconds until
  /// the first byte.
  package func reward(quality: Double, cost: Double, wait: Double) -> Double {
    let slo = Double(slo / .milliseconds(1))
    return quality - self.cost * min(1, max(0, cost)) - latency * min(1, max(0, wait - slo) / slo)
  }
}

extension ChoiceTerms {
  /// Of what is learned about these deployments: 16 hexadecimal digits, other ones where deployments or the worth of an answer change.
  package func edition(of deployments: [String]) -> String {
    var hash = Fingerprint(UInt64(ChoiceFeatures.edition))
    for name in deployments { hash.add(name) }
    hash.add("\(quality.rawValue) \(cost) \(latency) \(slo)")
    let digits = String(hash.value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
