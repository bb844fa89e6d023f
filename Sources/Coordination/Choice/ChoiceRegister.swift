package import Policy

/// What replicas have learned of models' deployments, as one event loop reaches it.
///
/// Confined to its loop; completions are called there, once each, before the call returns or later. Everything may be repeated and
/// comes to the same.
package protocol ChoiceRegister: AnyObject {
  /// Whether it makes sense to ask.
  var isAvailable: Bool { get }
  /// The shared state's clock, in milliseconds since 1970.
  var now: Int64 { get }

  func tell(_ note: ChoiceNote, _ completion: @escaping StateCompletion<ChoiceNote.Reply>)
  /// What all have told, by replica, and `ChoiceNames.off`.
  func readChoices(of model: ControlModel, _ completion: @escaping StateCompletion<[String: String]>)
  /// Sends what was asked for since the last flush.
  func flush()
}
