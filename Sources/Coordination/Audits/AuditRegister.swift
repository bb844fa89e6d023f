/// Where it is kept for a while what is looked at again, as one event loop reaches it.
///
/// Confined to its loop; completions are called there, once each, before the call returns or later.
package protocol AuditRegister: AnyObject {
  /// Whether it makes sense to ask.
  var isAvailable: Bool { get }

  /// Keeps a text for so many milliseconds, in the place of the one before it. Nobody waits for it: where the shared state is away or slow it
  /// is lost, and the answer is false.
  func keep(
    _ text: [UInt8], as entry: AuditEntry, for lifetime: Int64,
    _ completion: @escaping (_ isKept: Bool) -> Void)
  /// Nil where there is none.
  func read(_ entry: AuditEntry, _ completion: @escaping StateCompletion<[UInt8]?>)
  /// Sends what was asked for since the last flush.
  func flush()
}

/// What is kept.
package enum AuditEntry: Hashable, Sendable {
  /// What routing made of a request, by the id of its answer's ticket.
  case note(UInt64)
  /// A prompt for training, in one of so many places: a new one takes that of another.
  case example(Int)

  /// Bytes of one; longer ones are lost.
  static let longest = 16 << 10

  func key(prefix: String) -> String {
    switch self {
    case .note(let ticket): "\(prefix):audit:\(String(ticket, radix: 36))"
    case .example(let place): "\(prefix):example:\(place)"
    }
  }
}
