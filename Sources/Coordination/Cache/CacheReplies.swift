import Policy

/// What the cache's scripts answered; nil where it isn't an answer of that script.
extension CacheLookup {
  init?(_ reply: Reply) {
    guard case .list(let parts) = reply, parts.count == 3 || parts.count == 4,
      case .number(let now) = parts[0], let owner = parts[1].text, case .number(let left) = parts[2]
    else { return nil }
    let holder = owner.isEmpty ? nil : Holder(owner: owner, left: left)
    switch parts.dropFirst(3).first {
    case nil: self.init(now: now, holder: holder, seen: 0, answer: nil)
    case .number(1): self.init(now: now, holder: nil, seen: 0, answer: nil, isClaimed: true)
    case .bytes(let bytes):
      guard let head = StoredHead(bytes) else { return nil }
      let answer = head.meta.map {
        CachedAnswer(meta: $0, created: head.created, body: Array(bytes[head.length...]))
      }
      self.init(now: now, holder: holder, seen: head.created, answer: answer)
    default: return nil
    }
  }
}

extension CacheClaim.Reply {
  init?(_ reply: Reply) {
    guard case .list(let parts) = reply, case .number(let code)? = parts.first else { return nil }
    switch (code, parts.count) {
    case (1, 1): self = .got
    case (2, 1): self = .changed
    case (0, 3):
      guard let owner = parts[1].text, case .number(let left) = parts[2] else { return nil }
      self = .held(CacheLookup.Holder(owner: owner, left: left))
    default: return nil
    }
  }
}

extension CacheFill.Reply {
  init?(_ reply: Reply) {
    guard case .number(let code) = reply else { return nil }
    self.init(rawValue: code)
  }
}
