import Policy

/// What the cache's scripts answered; nil where it isn't an answer of that script.
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
