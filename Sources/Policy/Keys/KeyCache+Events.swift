/// What a key cache is told.
extension KeyCache {
  /// The cluster's secret was read: ids can be checked, and looked up.
  package mutating func learn(_ code: @escaping KeyID.Code) { self.code = code }

  /// What a known key's record stands for by now.
  package mutating func update(_ id: KeyID, _ value: Value) { known[id]?.value = value }

  // MARK: Look-ups

  /// A record was read, as `ask`, `useAndAsk` or `askAgain` wanted.
  package mutating func answered(_ id: KeyID, _ finding: KeyFinding<Value>, now: Int64) -> KeyNext {
    guard let ask = asks.removeValue(forKey: id) else { return .wake(.afterAnswer) }
    if ask.isStale {
      asks[id] = Ask(sent: now, waiters: ask.waiters)
      counts.asked += 1
      return .askAgain
    }
    keep(finding, of: id, read: ask.sent, now: now)
    return .wake(.afterAnswer)
  }

  /// It could not be read. What was known stays, as old as it is.
  package mutating func failed(_ id: KeyID) -> KeyNext {
    asks[id] = nil
    return .wake(.afterFailure)
  }

  private mutating func keep(_ finding: KeyFinding<Value>, of id: KeyID, read: Int64, now: Int64) {
    known[id] = nil
    absent[id] = nil
    let reason: KeyRefusal
    switch finding {
    case .record(let record, let value) where record.revoked == nil:
      if known.count >= bounds.known { known.remove(at: known.startIndex) }
      known[id] = Known(proof: record.terms.proof, value: value, read: read)
      return
    case .record, .revoked: reason = .revoked
    case .none: reason = .unknown
    case .unreadable: reason = .unreadable
    }
    if absent.count >= bounds.absent { absent.remove(at: absent.startIndex) }
    absent[id] = Absent(reason: reason, until: now + bounds.negative)
  }

  // MARK: Changes

  /// A poll for changes since `epoch` was answered; it began at `sent`.
  package mutating func polled(_ changes: KeyChanges, sent: Int64) -> KeyPoll {
    switch changes {
    case .changed(let ids, let epoch, let hasMore):
      changed(ids)
      self.epoch = epoch
      if hasMore { return .more }
      confirmed = max(confirmed ?? sent, sent)
      return .done
    case .unknown(let epoch):
      forgetAll()
      self.epoch = epoch
      confirmed = max(confirmed ?? sent, sent)
      return .forgotten
    }
  }

  /// Keys changed: as was published, or found by a poll. Ids that are no virtual key's are passed over.
  package mutating func changed(_ ids: [String]) {
    for id in ids.lazy.compactMap(KeyID.init) {
      known[id] = nil
      absent[id] = nil
      asks[id]?.isStale = true
    }
  }

  /// Nothing known can be relied on, the code of the ids neither.
  package mutating func forgetAll() {
    known.removeAll()
    absent.removeAll()
    for id in asks.keys { asks[id]?.isStale = true }
    code = nil
  }
}
