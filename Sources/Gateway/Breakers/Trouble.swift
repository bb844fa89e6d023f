import Synchronization

/// How many endpoints are not as they should be, over all workers: while it is 0, routing asks for nothing else.
final class Trouble: Sendable {
  private let count = Atomic<Int>(0)

  var isNone: Bool { count.load(ordering: .relaxed) == 0 }
  func begin() { count.wrappingAdd(1, ordering: .relaxed) }
  func end() { count.wrappingSubtract(1, ordering: .relaxed) }
}

/// Whether a credential is refused at its endpoint: from the first refusal on until a configuration is applied, which makes a new one.
final class CredentialBar: Sendable {
  private let isClosed = Atomic<Bool>(false)
  private let trouble: Trouble

  init(_ trouble: Trouble) { self.trouble = trouble }

  deinit { if isSet { trouble.end() } }

  var isSet: Bool { isClosed.load(ordering: .relaxed) }

  /// True for the first who says so.
  func set() -> Bool {
    guard !isClosed.exchange(true, ordering: .relaxed) else { return false }
    trouble.begin()
    return true
  }
}
