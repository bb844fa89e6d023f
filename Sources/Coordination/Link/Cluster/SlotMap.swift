/// Which node is the primary of which slot.
struct SlotMap: Equatable {
  /// Primaries in the order in which slots first named them.
  private(set) var primaries: [RedisServer.Address] = []
  /// For each slot, 1 + an index into `primaries`; 0 where nobody has it.
  private var owners = [UInt16](repeating: 0, count: HashSlot.count)

  /// Reads the reply to `CLUSTER SLOTS`; nil where it is another or no slot has a node. A node that doesn't know its own host means
  /// the one that was asked.
  init?(_ reply: Reply, from asked: RedisServer.Address) {
    guard case .list(let ranges) = reply else { return nil }
    for range in ranges {
      guard case .list(let parts) = range, parts.count >= 3, case .number(let first) = parts[0],
        case .number(let last) = parts[1], first >= 0, first <= last, last < HashSlot.count
      else { return nil }
      if let node = Self.node(parts[2], from: asked) { assign(Int(first)...Int(last), to: node) }
    }
    if primaries.isEmpty { return nil }
  }

  func owner(of slot: Int) -> RedisServer.Address? {
    let owner = Int(owners[slot])
    return owner == 0 ? nil : primaries[owner - 1]
  }

  /// What a redirection says, until the whole map is read anew.
  mutating func move(_ slot: Int, to node: RedisServer.Address) { assign(slot...slot, to: node) }

  private mutating func assign(_ slots: ClosedRange<Int>, to node: RedisServer.Address) {
    let index = primaries.firstIndex(of: node) ?? primaries.endIndex
    if index == primaries.endIndex { primaries.append(node) }
    for slot in slots { owners[slot] = UInt16(index + 1) }
  }

  /// Host and port of a node; `?` is a host that nobody knows.
  private static func node(_ reply: Reply, from asked: RedisServer.Address) -> RedisServer.Address? {
    guard case .list(let parts) = reply, parts.count >= 2, case .number(let port) = parts[1],
      (1...65_535).contains(port)
    else { return nil }
    switch parts[0] {
    case .bytes(let bytes) where !bytes.isEmpty:
      let host = String(decoding: bytes, as: UTF8.self)
      return host == "?" ? nil : .tcp(host: host, port: Int(port))
    case .bytes, .none: return asked.with(port: Int(port))
    default: return nil
    }
  }
}

extension RedisServer.Address {
  /// Reads what `MOVED` and `ASK` name: `host:port` without brackets; without a host, the node that said so.
  init?(redirection text: String, from asked: RedisServer.Address) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0
    else { return nil }
    let host = text[..<colon]
    self = host.isEmpty ? asked.with(port: Int(port)) : .tcp(host: String(host), port: Int(port))
  }

  fileprivate func with(port: Int) -> RedisServer.Address {
    switch self {
    case .tcp(let host, _): .tcp(host: host, port: port)
    case .unix: self
    }
  }
}
