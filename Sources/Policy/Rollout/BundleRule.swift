/// What bundles may hold. The texts complete a sentence that begins with what is refused.
package enum BundleRule {
  package static let versions = 1...1_000_000_000
  /// Bytes of a prompt.
  package static let longestTemplate = 256 << 10
  package static let mostParameters = 64
  /// Bytes of all parameters as JSON.
  package static let longestParameters = 64 << 10
  package static let deepestParameter = 16
  package static let mostMetadata = 64
  /// Bytes of one value.
  package static let longestMetadata = 1_024
  /// Bytes of a whole bundle's line, escapes included: it is one argument of a script, and one field in Redis.
  package static let longestLine = 1 << 20

  /// What the router itself reads, writes or answers for, whatever the version.
  private static let owned: Set = [
    "model", "messages", "prompt", "input", "instructions", "stream", "stream_options", "n", "tools",
    "functions", "metadata", "user", "safety_identifier", "prompt_cache_key", "store", "background",
    "conversation", "previous_response_id",
  ]

  /// Names of one thing in several APIs: the most tokens of an answer.
  package static let outputLimits = ["max_tokens", "max_completion_tokens", "max_output_tokens"]

  package static func flaw(ofParameter name: String) -> String? {
    // Some providers ignore case.
    if owned.contains(name.lowercased()) { return "is the router's, and no parameter of a version" }
    guard name.utf8.count <= 64, name.utf8.allSatisfy(PlainName.isPlain), RecordRule.isName(name) else {
      return "cannot be a parameter: use up to 64 letters, digits and . _ - with a letter or digit first"
    }
    return nil
  }

  package static func flaw(of parameters: [String: JSONLiteral]) -> String? {
    if parameters.count > mostParameters { return "are more than \(mostParameters)" }
    if parameters.values.contains(where: { $0.depth > deepestParameter }) {
      return "are nested more than \(deepestParameter) levels deep"
    }
    let limits = outputLimits.filter { parameters[$0] != nil }
    if limits.count > 1 { return "name one thing twice, \(limits.joined(separator: " and ")): keep one" }
    let bytes = parameters.reduce(0) { $0 + $1.key.utf8.count + $1.value.text.utf8.count }
    return bytes > longestParameters ? "are more than \(longestParameters >> 10) KiB in all" : nil
  }

  fileprivate static let tooLong =
    "is longer than \(longestLine >> 20) MiB as one line of JSON, in which control characters take six bytes each"

  package static func flaw(ofTemplate text: String) -> String? {
    if text.utf8.count > longestTemplate { return "is larger than \(longestTemplate >> 10) KiB" }
    return text.allSatisfy(\.isWhitespace) ? "is empty" : nil
  }

  package static func flaw(of metadata: [String: String]) -> String? {
    metadata.count > mostMetadata ? "has more than \(mostMetadata) entries" : nil
  }

  package static func flaw(ofMetadata name: String, _ value: String) -> String? {
    guard RecordRule.isName(name) else { return "cannot be a name: \(RecordRule.name)" }
    return value.utf8.count > longestMetadata ? "is longer than \(longestMetadata) bytes" : nil
  }
}

/// What is wrong with a bundle.
package struct BundleError: Error, Equatable, CustomStringConvertible {
  /// The member of the bundle: `parameters.model`.
  package let field: String
  /// What follows the field in a sentence.
  package let reason: String

  /// A bundle that is too large as a line.
  package static let tooLong = BundleError("the bundle", BundleRule.tooLong)

  package init(_ field: String, _ reason: String) { (self.field, self.reason) = (field, reason) }

  package var description: String { "\(field) \(reason)" }
}
