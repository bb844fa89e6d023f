package import Policy

/// What is known of experiments, as one event loop reaches it.
///
/// Confined to its loop; completions are called there, once each, before the call returns or later. Everything may be repeated and
/// comes to the same.
package protocol ExperimentRegister: AnyObject {
  /// Whether it makes sense to ask.
  var isAvailable: Bool { get }

  func note(_ note: ExperimentNote, _ completion: @escaping StateCompletion<ExperimentNote.Reply>)
  /// What was added up, for `ExperimentReport`; empty where nothing was.
  func readSums(of subject: ExperimentSubject, _ completion: @escaping StateCompletion<[String: String]>)
  /// Sends what was asked for since the last flush.
  func flush()
}
