import NIOConcurrencyHelpers
import Policy

/// Where all workers of a replica put what their exchanges say of candidates, until one of them tells the others.
///
/// A session counts once in a second, and no tenant makes up more than its part: both need to see all workers' exchanges, so there is one
/// desk, under a short lock. Only models with a candidate come here.
final class EvidenceDesk: Sendable {
  struct Subject: Hashable, Sendable {
    var model: String
    var version: Int
  }

  /// What was counted since it was taken last.
  struct Batch: Sendable {
    var subject: Subject
    var candidate: RolloutState.Candidate
    var tally: RolloutTally
  }

  fileprivate struct Line {
    var candidate: RolloutState.Candidate
    var tally = RolloutTally()
    var share: EvidenceShare
    /// The same of grades.
    var gradeShare: EvidenceShare
    var second: Int64 = 0
    /// Units that were counted in this second.
    var units: Set<UInt64> = []
  }

  private let lines = NIOLockedValueBox<[String: Line]>([:])

  /// From now on these candidates are judged, by these thresholds; what was counted for another step is forgotten.
  func apply(_ candidates: [String: RolloutState.Candidate], now: Int64) {
    lines.withLockedValue { lines in
      let former = lines
      lines = candidates.reduce(into: [:]) { next, entry in
        let (model, candidate) = (entry.key, entry.value)
        guard var line = former[model], line.candidate.isJudged(as: candidate) else {
          let share = EvidenceShare(now: now)
          next[model] = Line(candidate: candidate, share: share, gradeShare: share)
          return
        }
        line.candidate = candidate
        next[model] = line
      }
    }
  }

  /// `now`: monotonic milliseconds. Of a candidate that gets copies, exchanges alone say only what the baseline is like.
  func add(_ sample: RolloutTally.Sample, unit: UInt64, tenant: String, of subject: Subject, now: Int64) {
    lines.withLockedValue { lines in
      guard let candidate = lines[subject.model]?.candidate, candidate.version == subject.version,
        candidate.phase == .canary || candidate.thresholds == nil
      else { return }
      lines[subject.model]?.add([sample], unit: unit, tenant: tenant, now: now)
    }
  }

  /// An exchange, and the copy of it that a candidate got; false where they are no evidence.
  @discardableResult
  func add(
    _ sample: RolloutTally.Sample, beside copy: RolloutTally.Sample, unit: UInt64, tenant: String,
    of subject: Subject, now: Int64
  ) -> Bool {
    lines.withLockedValue { lines in
      guard lines[subject.model]?.takesPairs(of: subject.version) == true else { return false }
      return lines[subject.model]?.add([copy, sample], unit: unit, tenant: tenant, now: now) ?? false
    }
  }

  /// What a judge makes of a pair that was counted; false where that is no evidence any more, or its tenant has said enough.
  @discardableResult
  func add(_ verdict: PairVerdict, tenant: String, of subject: Subject, now: Int64) -> Bool {
    lines.withLockedValue { lines in
      guard lines[subject.model]?.takesPairs(of: subject.version) == true else { return false }
      return lines[subject.model]?.add(verdict, tenant: tenant, now: now) ?? false
    }
  }

  /// What somebody makes of an answer; false where that is no evidence: another candidate is tried, or gets copies whose answers nobody
  /// sees, or its tenant has said enough. That a session counts once in a second, the shared state has seen to.
  func add(
    _ grade: Feedback.Grade, _ arm: EvidenceArm, tenant: String, of subject: Subject, now: Int64
  ) -> Bool {
    lines.withLockedValue { lines in
      guard lines[subject.model]?.candidate.version == subject.version,
        lines[subject.model]?.takesPairs(of: subject.version) == false
      else { return false }
      return lines[subject.model]?.add(grade, arm, tenant: tenant, now: now) ?? false
    }
  }

  /// What was counted since it was last asked.
  func take() -> [Batch] {
    lines.withLockedValue { lines in
      var batches: [Batch] = []
      for model in lines.keys.sorted() {
        guard let line = lines[model], !line.tally.isEmpty else { continue }
        let subject = Subject(model: model, version: line.candidate.version)
        batches.append(Batch(subject: subject, candidate: line.candidate, tally: line.tally))
        lines[model]?.tally = RolloutTally()
      }
      return batches
    }
  }
}

extension EvidenceDesk.Line {
  /// Whether this version is judged by its copies now.
  fileprivate func takesPairs(of version: Int) -> Bool {
    candidate.version == version && candidate.phase == .shadow && candidate.thresholds != nil
  }

  /// What is said of one unit; the first decides whether it is heard.
  @discardableResult
  fileprivate mutating func add(_ samples: [RolloutTally.Sample], unit: UInt64, tenant: String, now: Int64)
    -> Bool
  {
    if now / 1_000 != second {
      second = now / 1_000
      units.removeAll(keepingCapacity: true)
    }
    guard let first = samples.first, units.insert(unit).inserted, share.admits(tenant, first.arm, now: now)
    else { return false }
    for sample in samples { tally.add(sample, candidate.thresholds) }
    return true
  }

  fileprivate mutating func add(_ verdict: PairVerdict, tenant: String, now: Int64) -> Bool {
    guard gradeShare.admits(tenant, .shadow, now: now) else { return false }
    tally.add(verdict.grades.candidate, .shadow, candidate.thresholds)
    tally.add(verdict.grades.baseline, .baseline, candidate.thresholds)
    return true
  }

  fileprivate mutating func add(
    _ grade: Feedback.Grade, _ arm: EvidenceArm, tenant: String, now: Int64
  ) -> Bool {
    guard gradeShare.admits(tenant, arm, now: now) else { return false }
    tally.add(grade, arm, candidate.thresholds)
    return true
  }
}

extension RolloutState.Candidate {
  /// Whether counts of one are counts of the other: the same step with the same thresholds.
  func isJudged(as other: RolloutState.Candidate) -> Bool {
    (version, phase, step, thresholds) == (other.version, other.phase, other.step, other.thresholds)
  }
}
