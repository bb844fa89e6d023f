internal import Policy

/// Takes in how a prompt begins: what requests of one conversation, or with one system prompt, have in common.
struct PromptBeginning {
  /// Bytes beyond which nothing is looked at.
  private static let length = 1_024

  private var hash = Fingerprint()
  private var left = Self.length
  private var isOver = false

  /// Nil while nothing came.
  var value: UInt64? { left < Self.length ? hash.value : nil }

  mutating func add(_ text: JSONBytes) {
    guard !isOver, left > 0 else { return }
    let count = min(left, text.count)
    hash.add(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: text.buffer[..<count])))
    left -= count
  }

  /// The first message of the user has ended; what follows differs from turn to turn.
  mutating func end() { isOver = true }
}
