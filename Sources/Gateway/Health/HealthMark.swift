import NIOConcurrencyHelpers
import Synchronization

/// What the checks of one endpoint came to, as all workers see it. As good as healthy while nothing is checked.
final class HealthMark: Sendable {
  struct Tally: Sendable {
    var isChecked = false
    var passed: Int64 = 0
    var failed: Int64 = 0
  }

  private let isDown = Atomic<Bool>(false)
  /// Held while it is down: somebody has to look then.
  private let trouble = NIOLockedValueBox<Trouble?>(nil)
  let tally = NIOLockedValueBox(Tally())

  deinit { trouble.withLockedValue { $0 }?.end() }

  var isHealthy: Bool { !isDown.load(ordering: .relaxed) }

  func set(isHealthy: Bool, _ trouble: Trouble) {
    guard isDown.exchange(!isHealthy, ordering: .relaxed) == isHealthy else { return }
    self.trouble.withLockedValue { held in
      if isHealthy { held?.end() } else { trouble.begin() }
      held = isHealthy ? nil : trouble
    }
  }

  func count(passed: Bool) {
    tally.withLockedValue { tally in
      tally.isChecked = true
      if passed { tally.passed += 1 } else { tally.failed += 1 }
    }
  }

  /// Nobody checks any more.
  func forget(_ trouble: Trouble) {
    set(isHealthy: true, trouble)
    tally.withLockedValue { $0 = Tally() }
  }
}
