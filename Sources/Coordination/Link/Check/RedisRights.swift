/// The least rights that suffice, as words of `ACL SETUSER` (Redis 6.2 or newer; a script's own calls are checked too).
///
///     ACL SETUSER router on >password resetkeys ~sy:* resetchannels &sy:* -@all +get +mget …
///
/// Checked by a test that has nothing else.
package enum RedisRights {
  /// Every key and every channel begins so.
  package static let keys = "~sy:*"
  package static let channels = "&sy:*"

  /// To connect, and to know a primary.
  package static let connection = ["client|setname", "ping", "role", "select"]
  /// To run scripts.
  package static let scripts = ["eval", "evalsha"]
  /// What scripts call, and looks into the cache.
  package static let data = [
    "del", "exists", "get", "hdel", "hget", "hgetall", "hlen", "hmget", "hset", "mget", "pexpire", "psetex",
    "pttl",
    "set", "time", "xadd", "xrevrange",
    "zadd", "zcard", "zrange", "zrangebylex", "zrangebyscore", "zrem", "zremrangebyrank",
    "zremrangebyscore",
  ]
  /// To tell one another.
  package static let messages = ["publish", "subscribe", "unsubscribe"]
  /// In a cluster.
  package static let cluster = ["asking", "cluster|slots"]
  /// To be warned of unsafe settings at start. `CONFIG GET` shows passwords of the configuration too: leave it out where that matters,
  /// and the settings that only it knows go unchecked.
  package static let checks = ["info", "config|get"]

  /// All of them, after which the user may do nothing else.
  package static var rules: [String] {
    let commands = connection + scripts + data + messages + cluster + checks
    return ["resetkeys", keys, "resetchannels", channels, "-@all"] + commands.map { "+" + $0 }
  }

  /// At a sentinel that has users: for these channels and commands alone.
  package static let sentinel = [
    "resetchannels", "&+switch-master", "-@all", "+ping", "+subscribe",
    "+sentinel|get-master-addr-by-name", "+sentinel|master",
  ]
}
