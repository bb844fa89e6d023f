import Coordination
import Policy

/// Tells the shared state what this replica's exchanges say of experiments, once a second. On one worker; confined to its loop.
final class ExperimentLink {
  private static let period: Int64 = 1_000
  /// Calls of a turn that are answered at once, by a store in memory; the rest is for the next tick.
  private static let rounds = 100
  /// Refusals of one call, a second apart, behind which it is given up: somebody else's value stands in its way.
  private static let patience = 20

  private struct Pending {
    var note: ExperimentNote
    var isSent = false
    var refusals = 0
  }

  private let register: any ExperimentRegister
  private let desk: ExperimentDesk
  private let replica: String
  /// Monotonic milliseconds.
  private let clock: () -> Int64
  private var pending: [ExperimentSubject: Pending] = [:]
  private var sequence: Int64 = 0
  private var due: Int64 = 0
  private var isTelling = false
  /// What was told has been answered at once, and there may be more.
  private var hasMore = false

  init(
    _ register: any ExperimentRegister, _ desk: ExperimentDesk, replica: String,
    clock: @escaping () -> Int64 = StateClock.monotonicMilliseconds
  ) {
    (self.register, self.desk, self.replica, self.clock) = (register, desk, replica, clock)
  }

  /// Ten times a second.
  func tick() {
    let now = clock()
    guard now >= due else { return }
    due = now + Self.period
    tell()
  }

  private func tell() {
    guard !isTelling else { return hasMore = true }
    isTelling = true
    defer { isTelling = false }
    for _ in 0..<Self.rounds {
      hasMore = false
      tellSome()
      guard hasMore else { return }
    }
    due = 0
  }

  private func tellSome() {
    for batch in desk.take(besides: Set(pending.keys)) {
      sequence += 1
      let note = ExperimentNote(replica: replica, sequence: sequence, batch.subject, batch.sessions)
      pending[batch.subject] = Pending(note: note)
    }
    guard register.isAvailable else { return }
    for (subject, item) in pending where !item.isSent { send(item.note, subject) }
    register.flush()
  }

  private func send(_ note: ExperimentNote, _ subject: ExperimentSubject) {
    // What was sent before may have been answered meanwhile.
    guard let item = pending[subject], item.note.sequence == note.sequence, !item.isSent else { return }
    pending[subject]?.isSent = true
    register.note(note) { [weak self] result in
      guard let self, self.pending[subject]?.note.sequence == note.sequence else { return }
      self.heard(result, subject)
    }
  }

  private func heard(_ result: Result<ExperimentNote.Reply, StateFailure>, _ subject: ExperimentSubject) {
    switch result {
    case .success:
      let isFull = pending[subject]?.note.sessions.count == ExperimentNote.mostSessions
      pending[subject] = nil
      // There may be more.
      if isFull { tell() }
    case .failure(.refused), .failure(.malformed):
      pending[subject]?.isSent = false
      pending[subject]?.refusals += 1
      guard let item = pending[subject], item.refusals >= Self.patience else { return }
      desk.noteLost(item.note.sessions.count)
      pending[subject] = nil
    case .failure:
      // Perhaps it was added: the same again is not added twice.
      pending[subject]?.isSent = false
    }
  }
}
