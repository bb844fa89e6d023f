import Policy

/// Reads what the keys' scripts answer. Nil everywhere means: nothing that the script says.
enum KeyReplies {
  static func put(_ reply: Reply) -> KeyPut.Reply? {
    guard case .list(let parts) = reply, parts.count == 2, let number = number(parts[1]) else { return nil }
    switch parts[0] {
    case .number(1): return .stored(version: number)
    case .number(2): return .otherVersion(number)
    case .number(3): return .revoked
    case .number(4): return .expired(now: number)
    default: return nil
    }
  }

  /// Throws where the hash is none that a script wrote.
  static func get(_ reply: Reply) throws(KeyRecordError) -> KeyRead? {
    guard case .list(let parts) = reply, parts.count % 2 == 1, let now = number(parts[0]),
      let words = texts(parts.dropFirst())
    else { return nil }
    var fields: [String: String] = [:]
    for index in stride(from: 0, to: words.count, by: 2) { fields[words[index]] = words[index + 1] }
    return KeyRead(entry: try KeyEntry(fields: fields), now: now)
  }

  static func revoke(_ reply: Reply) -> KeyRevocation? {
    guard case .list(let parts) = reply, parts.count == 2, let version = number(parts[0]),
      let revoked = text(parts[1]).flatMap(KeyInstant.init)
    else { return nil }
    return KeyRevocation(revoked: revoked, version: version)
  }

  /// The epoch of the change.
  static func note(_ reply: Reply) -> Int64? { number(reply) }

  static func changes(_ reply: Reply) -> KeyChanges? {
    guard case .list(let parts) = reply, parts.count >= 2, let epoch = number(parts[1]) else { return nil }
    if parts[0] == .number(0), parts.count == 2 { return .unknown(epoch: epoch) }
    guard parts[0] == .number(1), parts.count >= 3, let more = number(parts[2]),
      let ids = texts(parts.dropFirst(3))
    else { return nil }
    return .changed(ids, epoch: epoch, hasMore: more == 1)
  }

  static func list(_ reply: Reply) -> [String]? {
    guard case .list(let parts) = reply else { return nil }
    return texts(parts[...])
  }

  static func secret(_ reply: Reply) -> KeySecret? { text(reply).flatMap(KeySecret.init(text:)) }

  private static func number(_ reply: Reply) -> Int64? {
    if case .number(let number) = reply { number } else { nil }
  }

  private static func text(_ reply: Reply) -> String? {
    guard case .bytes(let bytes) = reply else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func texts(_ replies: ArraySlice<Reply>) -> [String]? {
    let texts = replies.compactMap(text)
    return texts.count == replies.count ? texts : nil
  }
}
