/// What is known of a key, or is to be done to know it.
package enum KeyAnswer<Value: Sendable>: Sendable {
  case use(Value)
  /// As `use`; besides, its record is to be read, and the cache told. Nobody waits for that.
  case useAndAsk(Value)
  /// The id's record is to be read, and the cache told: who asked waits, and looks again as `KeyNext.wake` says.
  case ask
  /// Another asked for it: wait likewise.
  case wait
  case refused(KeyRefusal)
  /// Too many look-ups; again in so many milliseconds.
  case busy(wait: Int64)
  /// The shared state can't be asked, and what is known is too little or too old.
  case unavailable
}

extension KeyAnswer: Equatable where Value: Equatable {}

package enum KeyRefusal: String, Sendable, CaseIterable {
  /// The id is none that the cluster made.
  case forged
  /// There is no key of this id.
  case unknown
  case wrongSecret
  case revoked, expired
  /// Its record can't be read: somebody else wrote it.
  case unreadable
}

/// What the shared state said of a key.
package enum KeyFinding<Value: Sendable>: Sendable {
  /// With what the record stands for here.
  case record(KeyRecord, Value)
  case none
  case revoked
  case unreadable
}

/// At which point somebody looks a key up.
package enum KeyTurn: Equatable, Sendable {
  /// On arrival; whether the shared state can be asked.
  case arrival(isAvailable: Bool)
  /// Woken, as the record was read.
  case afterAnswer
  /// Woken, as it could not be.
  case afterFailure
}

/// What follows the end of a look-up.
package enum KeyNext: Equatable, Sendable {
  /// All who wait for the id look again.
  case wake(KeyTurn)
  /// The key changed meanwhile: its record is to be read again; all go on waiting.
  case askAgain
}

/// What follows a poll for changes.
package enum KeyPoll: Equatable, Sendable {
  case done
  /// There are more: poll again at once.
  case more
  /// Everything is forgotten, the code of the ids too: the cluster's secret is to be read again.
  case forgotten
}

/// How look-ups ended; only ever more.
package struct KeyCacheCounts: Equatable, Sendable {
  package internal(set) var used: Int64 = 0
  /// Used though older than what counts as fresh.
  package internal(set) var usedStale: Int64 = 0
  package internal(set) var asked: Int64 = 0
  package internal(set) var waited: Int64 = 0
  package internal(set) var busy: Int64 = 0
  package internal(set) var unavailable: Int64 = 0
  package internal(set) var refused: [KeyRefusal: Int64] = [:]

  package init() {}

  package mutating func add(_ other: KeyCacheCounts) {
    used += other.used
    usedStale += other.usedStale
    asked += other.asked
    waited += other.waited
    busy += other.busy
    unavailable += other.unavailable
    refused.merge(other.refused, uniquingKeysWith: +)
  }
}
