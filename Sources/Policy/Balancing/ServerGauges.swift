/// What a model server says of its own load, in Prometheus' text: vLLM's gauges.
///
/// Requests are added up over all series (models, engines); of the cache the fullest counts.
package struct ServerGauges: Equatable, Sendable {
  /// Requests that run and that wait, whoever sent them.
  package var requests = 0.0
  /// Share of the cache of keys and values that is used, 0 to 1; nil where it isn't told.
  package var cacheUse: Double?

  /// Nil where neither gauge of requests is there.
  package init?(_ text: String) {
    var isThere = false
    for line in text.utf8.split(separator: UInt8(ascii: "\n")) where line.first == UInt8(ascii: "v") {
      guard let (name, value) = Self.sample(Substring(line)) else { continue }
      switch name {
      case "vllm:num_requests_running", "vllm:num_requests_waiting":
        requests += max(0, value)
        isThere = true
      case "vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc":
        cacheUse = max(cacheUse ?? 0, min(1, value))
      default: break
      }
    }
    if !isThere { return nil }
  }

  /// `NAME{LABELS} VALUE` or `NAME VALUE`, with a time behind it or not.
  private static func sample(_ line: Substring) -> (Substring, Double)? {
    let name = line.prefix { $0 != "{" && $0 != " " }
    var rest = line[name.endIndex...]
    if rest.first == "{" {
      guard let close = rest.lastIndex(of: "}") else { return nil }
      rest = rest[rest.index(after: close)...]
    }
    guard let word = rest.split(separator: " ").first, let value = Double(word), value.isFinite else {
      return nil
    }
    return (name, value)
  }
}
