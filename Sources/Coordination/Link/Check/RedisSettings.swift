/// What a Redis says of itself, as far as the check asks: `INFO` and `CONFIG GET`.
struct RedisSettings: Equatable, Sendable {
  /// Sections of `INFO` that are asked for.
  static let sections = ["server", "clients", "memory", "persistence", "replication"]
  /// Settings that are asked for; those that `INFO` doesn't tell.
  static let names = [
    "maxmemory-policy", "appendonly", "min-replicas-to-write", "min-replicas-max-lag", "maxclients",
  ]

  /// By name, over all sections; nil where Redis refused.
  var info: [String: String]?
  /// By name; nil where Redis refused. Prefer `setting`.
  var configuration: [String: String]?

  init(info: [String: String]?, configuration: [String: String]?) {
    self.info = info
    self.configuration = configuration
  }

  /// Reads the replies to `INFO`, one of each section.
  init(info replies: [Reply], configuration: [Reply]) {
    let texts = replies.compactMap(\.text)
    info = texts.count == replies.count ? Self.read(texts.joined(separator: "\n")) : nil
    let fields = configuration.compactMap(\.fields)
    self.configuration =
      fields.count == configuration.count
      ? fields.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: { $1 }) } : nil
  }

  /// Lines of `name:value`; headings begin with #.
  private static func read(_ text: String) -> [String: String] {
    let pairs = text.split(whereSeparator: \.isNewline).compactMap { line -> (String, String)? in
      let words = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      return words.count == 2 ? (String(words[0]), String(words[1])) : nil
    }
    return Dictionary(pairs, uniquingKeysWith: { $1 })
  }

  /// Of what the two know under different names; nil where neither says.
  var evictionPolicy: String? { configuration?["maxmemory-policy"] ?? info?["maxmemory_policy"] }
  var hasAppendOnlyFile: Bool? {
    configuration?["appendonly"].map { $0 == "yes" } ?? info?["aof_enabled"].map { $0 == "1" }
  }
  var maximumClients: Int? { (configuration?["maxclients"] ?? info?["maxclients"]).flatMap(Int.init) }
  /// Replicas that follow now.
  var replicas: Int? { info?["connected_slaves"].flatMap(Int.init) }
  var replicasToWrite: Int? { configuration?["min-replicas-to-write"].flatMap(Int.init) }
  /// Seconds.
  var replicaLag: Int? { configuration?["min-replicas-max-lag"].flatMap(Int.init) }

  /// Major and minor.
  var version: (Int, Int)? {
    let numbers = info?["redis_version"]?.split(separator: ".").map { Int($0) } ?? []
    guard numbers.count >= 2, let major = numbers[0], let minor = numbers[1] else { return nil }
    return (major, minor)
  }
}
