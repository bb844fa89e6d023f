import NIOConcurrencyHelpers
import Policy

/// Where all workers of a replica put what their exchanges say of experiments' sessions, until one of them tells the shared state.
final class ExperimentDesk: Sendable {
  /// Sessions held; those beyond are lost, whichever arm they are in.
  private static let most = 20_000

  struct Batch: Sendable {
    var subject: ExperimentSubject
    /// At least one.
    var sessions: [ExperimentNote.Session] = []
  }

  private struct State {
    var sessions: [ExperimentSubject: [UInt64: SessionTally]] = [:]
    var count = 0
    var lost: Int64 = 0
  }

  private let state = NIOLockedValueBox(State())

  /// Sessions that were lost.
  var lost: Int64 { state.withLockedValue { $0.lost } }

  func add(_ tally: SessionTally, unit: UInt64, of subject: ExperimentSubject) {
    state.withLockedValue { state in
      if state.sessions[subject]?[unit] != nil {
        state.sessions[subject]?[unit]? += tally
      } else if state.count < Self.most {
        state.sessions[subject, default: [:]][unit] = tally
        state.count += 1
      } else {
        state.lost += 1
      }
    }
  }

  /// Some sessions of each experiment that isn't `busy`.
  func take(besides busy: Set<ExperimentSubject> = []) -> [Batch] {
    state.withLockedValue { state in
      var batches: [Batch] = []
      for subject in state.sessions.keys.sorted() where !busy.contains(subject) {
        // No second reference to the sessions: they would be copied.
        let units = Array((state.sessions[subject] ?? [:]).keys.prefix(ExperimentNote.mostSessions))
        var batch = Batch(subject: subject)
        for unit in units {
          guard let tally = state.sessions[subject]?.removeValue(forKey: unit) else { continue }
          batch.sessions.append(ExperimentNote.Session(unit: unit, tally: tally))
        }
        if state.sessions[subject]?.isEmpty == true { state.sessions[subject] = nil }
        state.count -= units.count
        batches.append(batch)
      }
      return batches
    }
  }

  func noteLost(_ sessions: Int) { state.withLockedValue { $0.lost += Int64(sessions) } }
}
