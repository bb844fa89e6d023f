import Crypto

/// A Lua script that Redis runs whole, or not at all; loaded by its SHA-1.
struct Script: Sendable {
  /// What tells a script the time, in milliseconds, as `now`.
  enum Clock: String, Sendable {
    /// Redis' own: the only one that replicas share.
    case redis = """
      local time = redis.call('TIME')
      local now = time[1] * 1000 + math.floor(time[2] / 1000)

      """
    /// The last argument; for tests that compare with a twin.
    case argument = """
      local now = tonumber(table.remove(ARGV))

      """
  }

  let source: String
  /// 40 hexadecimal digits, as `EVALSHA` wants them.
  let sha: String

  init(_ parts: [UInt8]..., clock: Clock = .redis) {
    source = clock.rawValue + parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    sha = Insecure.SHA1.hash(data: Array(source.utf8)).map(Self.hexadecimal).joined()
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }
}
