/// One reply of Redis.
package enum Reply: Equatable, Sendable {
  case number(Int64)
  /// A bulk string or a status.
  case bytes([UInt8])
  case list([Reply])
  case none
  case error(RedisError)
}

/// What Redis said instead of an answer: by its first word, as far as anyone acts on it.
package enum RedisError: Error, Equatable, Sendable {
  /// The slot has another owner, for good.
  case moved(slot: Int, address: String)
  /// The slot is on its way; the other side may have the key.
  case ask(slot: Int, address: String)
  case tryAgain
  case clusterDown
  /// A replica was asked to write: the primary is elsewhere.
  case readOnly
  case loading
  case masterDown
  case noReplicas
  /// A script of someone's runs too long.
  case busy
  case outOfMemory
  case noScript
  /// No password, a wrong one, or a user that may not do this.
  case denied(String)
  case wrongType
  case other(String)

  /// Reads an error's text: `MOVED 3999 127.0.0.1:6381`.
  package init(_ text: String) {
    let words = text.split(separator: " ", maxSplits: 2)
    switch words.first {
    case "MOVED", "ASK":
      guard words.count == 3, let slot = Int(words[1]), (0..<16_384).contains(slot) else { fallthrough }
      let address = String(words[2])
      self = words[0] == "MOVED" ? .moved(slot: slot, address: address) : .ask(slot: slot, address: address)
    case nil: self = .other(text)
    case let word?:
      self = Self.plain[String(word)] ?? (Self.denials.contains(String(word)) ? .denied(text) : .other(text))
    }
  }

  private static let denials: Set = ["NOAUTH", "WRONGPASS", "NOPERM"]
  private static let plain: [String: RedisError] = [
    "TRYAGAIN": .tryAgain, "CLUSTERDOWN": .clusterDown, "READONLY": .readOnly, "LOADING": .loading,
    "MASTERDOWN": .masterDown, "NOREPLICAS": .noReplicas, "BUSY": .busy, "OOM": .outOfMemory,
    "NOSCRIPT": .noScript, "WRONGTYPE": .wrongType,
  ]
}
