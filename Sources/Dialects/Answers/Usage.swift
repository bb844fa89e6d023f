/// Tokens that a provider says it used; what it does not say is 0.
package struct Usage: Sendable, Equatable {
  /// Tokens read, cached ones included.
  package var input = 0
  /// Tokens written, reasoning included.
  package var output = 0
  /// Input tokens that came from the provider's cache.
  package var cached = 0
  /// Output tokens that were thought, not said.
  package var reasoning = 0
  /// Input tokens that the provider's cache was filled with.
  package var cacheWrites = 0

  package init(
    input: Int = 0, output: Int = 0, cached: Int = 0, reasoning: Int = 0, cacheWrites: Int = 0
  ) {
    (self.input, self.output, self.cached, self.reasoning) = (input, output, cached, reasoning)
    self.cacheWrites = cacheWrites
  }
}

extension Usage {
  /// Reads a `usage` object of either naming; nil where it counts nothing.
  init?(_ object: JSONValue) {
    var members = object.members
    var found = false
    while let (key, value) = members.next() {
      if key == "prompt_tokens" || key == "input_tokens" {
        found = value.takeCount(into: &input) || found
      } else if key == "completion_tokens" || key == "output_tokens" {
        found = value.takeCount(into: &output) || found
      } else if key == "prompt_tokens_details" || key == "input_tokens_details" {
        _ = value["cached_tokens"]?.takeCount(into: &cached)
        _ = value["cache_write_tokens"]?.takeCount(into: &cacheWrites)
      } else if key == "completion_tokens_details" || key == "output_tokens_details" {
        _ = value["reasoning_tokens"]?.takeCount(into: &reasoning)
      }
    }
    guard found else { return nil }
  }
}

extension Usage {
  /// No answer has more tokens: a larger number is a provider's mistake, and would spoil sums for good.
  static let maximum = 1_000_000_000_000
}

extension JSONValue {
  /// Stores an integer from 0 to `Usage.maximum` in `count`; false for anything else.
  func takeCount(into count: inout Int) -> Bool {
    guard let number = int, (0...Usage.maximum).contains(number) else { return false }
    count = number
    return true
  }
}
