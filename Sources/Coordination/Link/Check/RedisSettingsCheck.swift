/// Whether a Redis is set up for what replicas share through it (algorithms §0.3): settings in, findings out.
struct RedisSettingsCheck: Equatable, Sendable {
  /// The oldest Redis whose commands and ACL suffice.
  static let leastVersion = (6, 2)
  /// Seconds that a replica may lag, lest a primary that was cut off goes on for long.
  static let mostLag = 2

  /// Whether keys or budgets live in it: what nobody can work out again.
  var keepsRecords: Bool
  /// Event loops of one replica, each with connections of its own.
  var workers: Int
  /// Replicas of Switchyard.
  var replicas: Int

  init(keepsRecords: Bool, workers: Int, replicas: Int) {
    self.keepsRecords = keepsRecords
    self.workers = workers
    self.replicas = replicas
  }

  /// Connections to one server: a link and a subscription per loop and one each that hears of breakers and that leads rollouts, and
  /// as many again while replicas are exchanged by new ones.
  var connections: Int { (workers * 2 + 2) * replicas * 2 }

  /// Refusals first.
  func findings(_ settings: RedisSettings) -> [RedisFinding] {
    Self.version(settings) + eviction(settings) + Self.failover(settings) + durability(settings)
      + clients(settings) + Self.unanswered(settings)
  }

  private static func version(_ settings: RedisSettings) -> [RedisFinding] {
    guard let version = settings.version, version < leastVersion else { return [] }
    return [
      RedisFinding(
        .refusal,
        "Redis \(version.0).\(version.1) lacks commands and access rules that are needed: "
          + "use Redis \(leastVersion.0).\(leastVersion.1) or newer.")
    ]
  }

  private func eviction(_ settings: RedisSettings) -> [RedisFinding] {
    guard let policy = settings.evictionPolicy, policy != "noeviction" else { return [] }
    return [
      RedisFinding(
        .warning,
        "With maxmemory-policy \(policy) Redis forgets limits when its memory is full, and a forgotten limit "
          + "counts as unused: set maxmemory-policy noeviction, and give the response cache a Redis of its own."
      )
    ]
  }

  private static func failover(_ settings: RedisSettings) -> [RedisFinding] {
    guard let replicas = settings.replicas, replicas > 0, let needed = settings.replicasToWrite else {
      return []
    }
    guard needed > 0, settings.replicaLag != 0 else {
      return [
        RedisFinding(
          .warning,
          "With min-replicas-to-write 0 a primary that was cut off goes on taking writes that are lost "
            + "later: set min-replicas-to-write 1 and min-replicas-max-lag \(mostLag).")
      ]
    }
    var findings: [RedisFinding] = []
    if let lag = settings.replicaLag, lag > mostLag {
      findings.append(
        RedisFinding(
          .warning,
          "With min-replicas-max-lag \(lag) a primary that was cut off takes writes for \(lag) s that are lost "
            + "later: set min-replicas-max-lag \(mostLag)."))
    }
    if replicas <= needed {
      let all = replicas == 1 ? "the one replica" : "one of the \(replicas) replicas"
      findings.append(
        RedisFinding(
          .warning,
          "With min-replicas-to-write \(needed) the loss of \(all) stops all writes, and limits follow their "
            + "outage policy until it is back: add a replica."))
    }
    return findings
  }

  private func durability(_ settings: RedisSettings) -> [RedisFinding] {
    guard keepsRecords, settings.hasAppendOnlyFile == false else { return [] }
    return [
      RedisFinding(
        .warning,
        "Without an append-only file Redis forgets keys and budgets when it restarts: set appendonly yes and "
          + "appendfsync everysec.")
    ]
  }

  private func clients(_ settings: RedisSettings) -> [RedisFinding] {
    guard let most = settings.maximumClients, most < connections else { return [] }
    return [
      RedisFinding(
        .warning,
        "With maxclients \(most) Redis may refuse connections: \(replicas) replicas of \(workers) workers may "
          + "need \(connections) while they are replaced: raise maxclients.")
    ]
  }

  private static func unanswered(_ settings: RedisSettings) -> [RedisFinding] {
    var findings: [RedisFinding] = []
    if settings.info == nil {
      findings.append(
        RedisFinding(
          .unknown, "Version and replicas of Redis could not be checked: allow its user +info."))
    }
    if settings.configuration == nil {
      findings.append(
        RedisFinding(
          .unknown,
          "min-replicas-to-write and other settings of Redis could not be checked: allow its user "
            + "+config|get, or compare them with the documentation."))
    }
    return findings
  }
}
