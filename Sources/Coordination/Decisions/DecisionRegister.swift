/// Where it is kept for a while what was decided about requests, as one event loop reaches it.
///
/// Confined to its loop; completions are called there, once each, before the call returns or later.
package protocol DecisionRegister: AnyObject {
  /// Whether it makes sense to ask.
  var isAvailable: Bool { get }

  /// Keeps a text under a request's id for so many milliseconds, in the place of the one before it. Nobody waits for it: where the shared state
  /// is away or slow it is lost, and the answer is false.
  func keep(
    _ decision: [UInt8], of id: String, for lifetime: Int64, _ completion: @escaping (_ isKept: Bool) -> Void)
  /// Nil where there is none.
  func readDecision(_ id: String, _ completion: @escaping StateCompletion<[UInt8]?>)
  /// Sends what was asked for since the last flush.
  func flush()
}

/// How decisions are kept.
package enum DecisionTerms {
  /// Bytes of one; longer ones are lost.
  package static let longest = 4 << 10
  /// Of an event loop that Redis has not answered for; beyond, more are lost.
  static let mostUnderWay = 256
  /// Bytes that a replica alone keeps.
  static let ring = 16 << 20

  static func key(_ id: String, prefix: String) -> String { "\(prefix):decision:\(id)" }
}
