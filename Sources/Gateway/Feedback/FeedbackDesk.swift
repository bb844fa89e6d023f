import Coordination
import NIOConcurrencyHelpers
import Policy

/// What the workers of a replica seal tickets with, and open them.
final class FeedbackDesk: Sendable {
  private static let most = 4

  /// The one in force, then those that were before: a Redis that has forgotten the secret may be given another.
  private let secrets = NIOLockedValueBox<[FeedbackSecret]>([])

  /// Nil until the shared state was heard of.
  var secret: FeedbackSecret? { secrets.withLockedValue { $0.first } }

  func take(_ secret: FeedbackSecret) {
    secrets.withLockedValue { secrets in
      guard secrets.first?.text != secret.text else { return }
      secrets.removeAll { $0.text == secret.text }
      secrets.insert(secret, at: 0)
      if secrets.count > Self.most { secrets.removeLast() }
    }
  }

  /// Nil for what this cluster has not sealed for this holder.
  func open(_ sealed: String, by holder: String) -> FeedbackTicket? {
    for secret in secrets.withLockedValue({ $0 }) {
      if let ticket = secret.open(sealed, by: holder) { return ticket }
    }
    return nil
  }
}
