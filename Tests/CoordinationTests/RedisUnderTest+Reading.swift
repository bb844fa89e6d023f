extension RedisUnderTest.Reply {
  var string: String { if case .text(let text) = self { text } else { "" } }

  /// Names and values in turn.
  var fields: [String: String] {
    guard case .list(let parts) = self else { return [:] }
    let words = parts.map(\.string)
    return Dictionary(
      stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], words[$0 + 1]) },
      uniquingKeysWith: { $1 })
  }

  /// Lines of `name:value`.
  var lines: [String: String] {
    let pairs = string.split(whereSeparator: \.isNewline).compactMap { line -> (String, String)? in
      let words = line.split(separator: ":", maxSplits: 1)
      return words.count == 2 ? (String(words[0]), String(words[1])) : nil
    }
    return Dictionary(pairs, uniquingKeysWith: { $1 })
  }
}

extension RedisUnderTest {
  func info(_ section: String) throws -> [String: String] { try send("INFO", section).lines }
  var cluster: [String: String] { get throws { try send("CLUSTER", "INFO").lines } }

  /// How often it answered with which error.
  var errors: [String: Int] {
    get throws {
      let pairs = try info("errorstats").map { name, value in
        (String(name.dropFirst("errorstat_".count)), Int(value.dropFirst("count=".count)) ?? 0)
      }
      return Dictionary(pairs, uniquingKeysWith: { $1 })
    }
  }
}

/// Waits until a condition of what is not `Sendable` holds; false where it doesn't within 20 s.
func until(_ condition: () async throws -> Bool) async throws -> Bool {
  let end = ContinuousClock.now + .seconds(20)
  while ContinuousClock.now < end {
    if try await condition() { return true }
    try await Task.sleep(for: .milliseconds(10))
  }
  return try await condition()
}
