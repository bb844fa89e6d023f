import NIOConcurrencyHelpers

/// What this replica's controller has done: it writes, and whoever shows metrics reads.
package final class ControlFigures: Sendable {
  package struct Values: Equatable, Sendable {
    /// In which it leads; 0: it doesn't.
    package var epoch: Int64 = 0
    /// Rounds of a leader, and of those the ones that the shared state did not let it end.
    package var rounds: Int64 = 0
    package var unfinished: Int64 = 0
    /// What it did to candidates: `begin`, `promote`, `hold`, `rollback`.
    package var actions: [String: Int64] = [:]
    /// What it said to people: `done`, `refused`.
    package var asks: [String: Int64] = [:]
    /// Leaderships that it gave up, as somebody else wrote or Redis forgot.
    package var resignations: Int64 = 0

    package init() {}
  }

  private let box = NIOLockedValueBox(Values())

  package init() {}

  package var values: Values { box.withLockedValue { $0 } }
  package func change(_ edit: (inout Values) -> Void) { box.withLockedValue(edit) }
}
