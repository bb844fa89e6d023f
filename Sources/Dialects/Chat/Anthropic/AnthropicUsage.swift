/// Tokens as Anthropic counts them: what the cache read and wrote stands beside the input, not in it.
///
/// A stream tells them in pieces, the latest of which counts.
struct AnthropicUsage {
  private var input = 0
  private var cached = 0
  private var cacheWrites = 0
  private var output = 0
  private var reasoning = 0
  /// Something was counted.
  private var isKnown = false

  /// Goes on from what former events have told.
  init(_ known: Usage? = nil) {
    guard let known else { return }
    input = known.input - known.cached - known.cacheWrites
    (cached, cacheWrites) = (known.cached, known.cacheWrites)
    (output, reasoning, isKnown) = (known.output, known.reasoning, true)
  }

  /// Takes the members of a `usage` object; those that are missing or null stay as they were.
  mutating func take(_ object: JSONValue?) {
    guard var members = object?.members else { return }
    while let (key, value) = members.next() {
      if key == "input_tokens" {
        isKnown = value.takeCount(into: &input) || isKnown
      } else if key == "output_tokens" {
        isKnown = value.takeCount(into: &output) || isKnown
      } else if key == "cache_read_input_tokens" {
        _ = value.takeCount(into: &cached)
      } else if key == "cache_creation_input_tokens" {
        _ = value.takeCount(into: &cacheWrites)
      } else if key == "output_tokens_details" {
        _ = value["thinking_tokens"]?.takeCount(into: &reasoning)
      }
    }
  }

  /// Nil where nothing was counted.
  var usage: Usage? {
    guard isKnown else { return nil }
    return Usage(
      input: input + cached + cacheWrites, output: output, cached: cached, reasoning: reasoning,
      cacheWrites: cacheWrites)
  }
}

extension Usage {
  /// An object.
  func appendAnthropic(to bytes: PaddedBytes) {
    var object = ObjectWriter(bytes)
    object.member("input_tokens", max(input - cached - cacheWrites, 0))
    object.member("cache_creation_input_tokens", cacheWrites)
    object.member("cache_read_input_tokens", cached)
    object.member("output_tokens", output)
    if reasoning > 0 {
      object.key("output_tokens_details")
      var details = ObjectWriter(bytes)
      details.member("thinking_tokens", reasoning)
      details.end()
    }
    object.end()
  }
}
