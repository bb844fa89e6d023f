import Coordination
import Logging
import Policy

/// Keeps what models' learned choices go by: each second or so from what this replica has learned and the others told; and tells them. On one
/// worker; confined to its loop.
final class ChoiceLink {
  /// Milliseconds between two looks, between two reports of what has changed, and of what has not, so that a silent replica is a dead one.
  private static let period: Int64 = 1_000
  private static let telling: Int64 = 2_000
  private static let repetition: Int64 = 20_000
  /// Milliseconds between two readings of what others told, at least, and for each replica.
  private static let reading: (least: Int64, each: Int64) = (5_000, 1_000)
  /// Milliseconds between two lines of the log about one model.
  private static let silence: Int64 = 60_000

  /// How a model stands.
  private struct Course {
    let desk: ChoiceDesk
    var sequence: Int64
    var pending: ChoiceNote?
    /// What the pending note takes over.
    var adopting: ChoiceSums?
    var isSent = false
    /// Another replica has taken over what this one had told: the next note begins anew.
    var isAnew = false
    var toldAt: Int64?
    var told: ChoiceSums?
    var readAt: Int64?
    var isReading = false
    /// Those that have told something, with this one: what remains of others is not read.
    var replicas: Int64 = 0
    /// The entry of a replica that is no more; one at a time is taken over.
    var abandoned: ChoiceNote.Adoption?
  }

  private let register: any ChoiceRegister
  private let replica: String
  private let logger: Logger
  /// Monotonic milliseconds.
  private let clock: () -> Int64
  private var courses: [ControlModel: Course] = [:]
  /// By model: when it is looked after next.
  private var dues: [ControlModel: Int64] = [:]
  /// By model: what the log said last, and when.
  private var said: [ControlModel: (standing: ChoiceVerdict.Standing, at: Int64)] = [:]

  init(
    _ register: any ChoiceRegister, replica: String, _ logger: Logger,
    clock: @escaping () -> Int64 = StateClock.monotonicMilliseconds
  ) {
    (self.register, self.replica, self.logger, self.clock) = (register, replica, logger, clock)
  }

  /// Ten times a second: one model at a time, so that many of them don't hold up the loop at once.
  func tick(_ pools: [ModelPool]) {
    let now = clock()
    var next: (learned: LearnedPool, due: Int64)?
    for learned in pools.lazy.compactMap(\.learned) {
      let due = dues[learned.model] ?? 0
      if due <= now, next.map({ due < $0.due }) ?? true { next = (learned, due) }
    }
    guard let learned = next?.learned else { return }
    dues[learned.model] = now + Self.period
    say(learned.desk.refresh(learned.terms).verdict, of: learned, now)
    share(learned, now)
  }

  // MARK: Sharing

  private func share(_ learned: LearnedPool, _ now: Int64) {
    let model = learned.model
    if courses[model]?.desk !== learned.desk {
      courses[model] = Course(desk: learned.desk, sequence: courses[model]?.sequence ?? 0)
    }
    guard register.isAvailable else { return }
    read(model, now)
    tell(model, now)
    register.flush()
  }

  private func read(_ model: ControlModel, _ now: Int64) {
    guard let course = courses[model], !course.isReading else { return }
    let pause = max(Self.reading.least, course.replicas * Self.reading.each)
    guard course.readAt.map({ now - $0 >= pause }) ?? true else { return }
    courses[model]?.isReading = true
    courses[model]?.readAt = now
    register.readChoices(of: model) { [weak self, desk = course.desk] result in
      guard let self, self.courses[model]?.desk === desk else { return }
      self.courses[model]?.isReading = false
      guard case .success(let fields) = result else { return }
      self.take(fields, model, desk)
    }
  }

  private func take(_ fields: [String: String], _ model: ControlModel, _ desk: ChoiceDesk) {
    var others: [String: ChoiceDesk.Other] = [:]
    var (abandoned, replicas): ([ChoiceNote.Adoption], Int64) = ([], 1)
    for (name, text) in fields where name != replica && name != ChoiceNames.off {
      guard let entry = ChoiceEntry(text) else { continue }
      if entry.told != nil { replicas += 1 }
      if entry.isAbandoned(at: register.now) {
        abandoned.append(.init(replica: name, sequence: entry.sequence))
      }
      guard let told = entry.told, told.edition == desk.edition else { continue }
      // What it has told since the last look is all that has to be read.
      if let known = desk.other(name), known.sequence == entry.sequence {
        others[name] = known
      } else if let sums = ChoiceSums(text: told.numbers, arms: desk.arms) {
        others[name] = ChoiceDesk.Other(sequence: entry.sequence, sums: sums)
      }
    }
    desk.take(others, isStopped: fields[ChoiceNames.off] != nil)
    courses[model]?.replicas = replicas
    courses[model]?.abandoned = abandoned.min { $0.replica < $1.replica }
  }

  private func tell(_ model: ControlModel, _ now: Int64) {
    guard let course = courses[model], !course.isSent else { return }
    if course.pending == nil { makeNote(model, course, now) }
    guard let note = courses[model]?.pending else { return }
    courses[model]?.isSent = true
    register.tell(note) { [weak self, desk = course.desk] result in
      guard let self, self.courses[model]?.desk === desk else { return }
      self.heard(result, note, desk)
    }
  }

  /// Makes what is to be told, where it is time to.
  private func makeNote(_ model: ControlModel, _ course: Course, _ now: Int64) {
    var sums = course.desk.own
    let isNews = sums != course.told || course.abandoned != nil
    let pause = isNews ? Self.telling : Self.repetition
    guard course.toldAt.map({ now - $0 >= pause }) ?? true else { return }
    // What nobody can use, of another edition, is only cleared away.
    let adopting = course.abandoned.flatMap { abandoned in
      course.desk.other(abandoned.replica).flatMap { $0.sequence == abandoned.sequence ? $0.sums : nil }
    }
    if let adopting { sums += adopting }
    courses[model]?.adopting = adopting
    courses[model]?.sequence += 1
    courses[model]?.toldAt = now
    courses[model]?.told = sums
    courses[model]?.pending = ChoiceNote(
      replica: replica, sequence: course.sequence + 1, model, edition: course.desk.edition,
      numbers: sums.text, adoption: course.abandoned, isAnew: course.isAnew)
  }

  private func heard(
    _ result: Result<ChoiceNote.Reply, StateFailure>, _ note: ChoiceNote, _ desk: ChoiceDesk
  ) {
    let adopting = courses[note.model]?.adopting
    courses[note.model]?.isSent = false
    // Perhaps it was set: the same again changes nothing.
    guard case .success(let reply) = result else { return }
    courses[note.model]?.pending = nil
    if note.adoption == courses[note.model]?.abandoned { courses[note.model]?.abandoned = nil }
    switch reply {
    case .told, .repeated:
      courses[note.model]?.isAnew = false
      if let adoption = note.adoption, let adopting { desk.adopt(adopting, of: adoption.replica) }
    case .outrun: courses[note.model]?.toldAt = nil
    case .adopted:
      desk.restart()
      courses[note.model]?.isAnew = true
      courses[note.model]?.toldAt = nil
    }
  }

  // MARK: The log

  private func say(_ verdict: ChoiceVerdict, of learned: LearnedPool, _ now: Int64) {
    let former = said[learned.model]
    guard former?.standing != verdict.standing, former.map({ now - $0.at >= Self.silence }) ?? true else {
      return
    }
    said[learned.model] = (verdict.standing, now)
    logger.notice(
      "a learned choice",
      metadata: [
        "model": "\(learned.model.name)", "standing": "\(verdict.standing.rawValue)",
        "finding": "\(verdict.words(learned.names))",
      ])
  }
}
