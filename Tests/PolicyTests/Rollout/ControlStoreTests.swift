import Policy
import Testing

/// What keeping rollouts means; that the scripts mean the same is `ControlTwinTests`' business.
struct ControlStoreTests {
  private static let names = ControlNames(prefix: "sy")
  private static let noon: Int64 = 1_790_000_000_000

  private var store = ControlStore(names)
  private let model: ControlModel

  init() throws { model = try #require(ControlModel("chat")) }

  private mutating func lead(_ id: String = "r1", for time: Int64 = 5_000, at now: Int64) throws
    -> ControlLeader
  {
    guard case .held(let epoch, time) = store.take(id, for: time, now: now) else {
      throw KeyRecordError(id, "does not lead")
    }
    return ControlLeader(id: id, epoch: epoch)
  }

  private mutating func put(
    _ leader: ControlLeader, _ line: String?, at expected: Int64, _ version: Int64? = nil, now: Int64
  ) throws -> ControlPut.Reply {
    let former = store.config(now)?.lines ?? [:]
    let lines = line.map { [model: $0] } ?? [:]
    let put = try #require(
      ControlPut(leader, from: former, at: expected, to: lines, version: version ?? expected + 1))
    return store.put(put, now: now)
  }

  private func sync(
    _ replica: String, _ position: ControlPosition = .none, hash: String = "", mark: Int64 = 0
  ) -> ControlSync {
    ControlSync(replica: replica, applied: position, hash: hash, vetoMark: mark)
  }

  // MARK: What copies cost

  private mutating func spend(_ amount: Int64, by replica: String, _ sequence: Int64, now: Int64)
    -> ControlSpend.Reply
  {
    store.spend(ControlSpend(replica: replica, sequence: sequence, model, amount: amount), now: now)
  }

  @Test mutating func allReplicasSpendFromOneSumADay() {
    let day = Self.noon / 86_400_000
    #expect(spend(5, by: "r1", 1, now: Self.noon) == .init(now: Self.noon, day: day, spent: 5))
    #expect(spend(7, by: "r2", 1, now: Self.noon).spent == 12)
    #expect(spend(5, by: "r1", 1, now: Self.noon + 9).spent == 12, "the reply was lost")
    #expect(spend(0, by: "r1", 2, now: Self.noon).spent == 12)
    #expect(store.spent(model, now: Self.noon) == 12)
    let midnight = (day + 1) * 86_400_000
    #expect(spend(1, by: "r1", 3, now: midnight - 1).spent == 13)
    #expect(store.spent(model, now: midnight) == 0)
    #expect(spend(2, by: "r2", 2, now: midnight) == .init(now: midnight, day: day + 1, spent: 2))
    // The clock goes back: it is not yesterday's sum that goes on.
    #expect(
      spend(3, by: "r1", 4, now: midnight - 5_000) == .init(now: midnight - 5_000, day: day + 1, spent: 5))
  }

  // MARK: The lease

  @Test mutating func oneLeadsUntilItsTimeIsOver() throws {
    let first = try lead(at: Self.noon)
    #expect(first.epoch == Self.noon, "at least the clock")
    #expect(
      store.take("r2", for: 5_000, now: Self.noon + 4_999)
        == .other(epoch: first.epoch, left: 1, holder: "r1"))
    #expect(store.take("r1", for: 5_000, now: Self.noon + 4_000) == .held(epoch: first.epoch, left: 5_000))
    #expect(try lead("r2", at: Self.noon + 9_000).epoch == Self.noon + 9_000)
  }

  @Test mutating func whoGivesItUpAndTakesItAgainHasAnotherEpoch() throws {
    let first = try lead(at: Self.noon)
    #expect(store.release(first, now: Self.noon) == true)
    let second = try lead(at: Self.noon)
    #expect(second.epoch == Self.noon + 1)
    #expect(store.release(first, now: Self.noon) == false)
    #expect(store.release(second, now: Self.noon + 9) == true)
    // Also where the clock goes back right then.
    #expect(try lead("r2", at: Self.noon - 900).epoch == Self.noon + 2)
  }

  @Test(arguments: [(1_000, true), (60_000, false), (3_600_000, false)])
  mutating func aClockThatGoesBackLocksNobodyOut(back: Int64, isHeld: Bool) throws {
    _ = try lead(at: Self.noon)
    let taken = store.take("r2", for: 5_000, now: Self.noon - back)
    if isHeld {
      #expect(taken == .other(epoch: Self.noon, left: 5_000, holder: "r1"))
    } else {
      #expect(taken == .held(epoch: Self.noon + 1, left: 5_000))
    }
  }

  /// What a failover, or a person, has taken away.
  @Test mutating func anEpochIsBeyondAllThatAnybodyKnows() throws {
    let leader = try lead(at: Self.noon)
    #expect(try put(leader, "active=1", at: 0, now: Self.noon) == .stored(version: 1))
    store.forget(Self.names.lease)
    #expect(try lead("r2", at: Self.noon - 7_200_000).epoch == Self.noon + 1, "the configuration's")
    _ = store.sync(sync("r3", ControlPosition(epoch: Self.noon + 77, version: 9), hash: "00"), now: Self.noon)
    store.forget(Self.names.lease)
    store.forget(Self.names.config)
    #expect(try lead("r2", at: Self.noon).epoch == Self.noon + 78, "that which a replica routes by")
  }

  /// What a failover brought back is of before the configuration: in its name nothing is written.
  @Test mutating func aLeaseOfBeforeTheConfigurationIsTakenAnew() throws {
    let early = try lead(at: Self.noon)
    let backup = store
    #expect(store.release(early, now: Self.noon) == true)
    let late = try lead(at: Self.noon + 10)
    #expect(try put(late, "active=1", at: 0, now: Self.noon + 10) == .stored(version: 1))
    store.restore(Self.names.lease, from: backup)
    #expect(try put(early, "active=2", at: 1, now: Self.noon + 20) == .fenced(epoch: late.epoch))
    #expect(store.take("r1", for: 5_000, now: Self.noon + 5) == .held(epoch: late.epoch + 1, left: 5_000))
  }

  // MARK: The configuration

  @Test mutating func aPutIsTakenOnceAndFromWhoLeads() throws {
    let leader = try lead(at: Self.noon)
    #expect(try put(leader, "active=1", at: 0, 5, now: Self.noon) == .stored(version: 5))
    #expect(try put(leader, "active=1", at: 0, 5, now: Self.noon + 9_999) == .stored(version: 5), "it was")
    #expect(try put(leader, "active=2", at: 5, now: Self.noon + 5_000) == .fenced(epoch: leader.epoch))
    let next = try lead("r2", at: Self.noon + 5_000)
    #expect(try put(leader, "active=2", at: 5, now: Self.noon + 5_000) == .fenced(epoch: next.epoch))
    let there = ControlPosition(epoch: leader.epoch, version: 5)
    #expect(try put(next, "active=2", at: 4, now: Self.noon + 5_000) == .conflict(there))
    #expect(try put(next, nil, at: 5, now: Self.noon + 5_000) == .stored(version: 6))
    #expect(store.config(Self.noon + 5_000)?.lines == [:])
    #expect(store.news == [.config(there), .config(ControlPosition(epoch: next.epoch, version: 6))])
  }

  @Test(arguments: [
    ("candidate=12 weight=5", true), ("candidate=12 weight=0", false), ("candidate=12 weight=0.00", false),
    ("candidate=12 weight=0.01", true), ("candidate=13 weight=5", false), ("candidate=12", false),
    ("candidate=12 weight=0 copies=5", true), ("candidate=12 weight=0 copies=0", false),
    ("weight=5", true), ("candidate=x weight=5", true), ("candidate=012 weight=5", true),
    ("xcandidate=13 candidate=12 xweight=0 weight=5", true), ("candidate=1234567890123456 weight=1", true),
  ])
  mutating func whatIsVetoedIsNeverExposed(line: String, isRefused: Bool) throws {
    let leader = try lead(at: Self.noon)
    let veto = ControlVeto(replica: "r1", model: model, version: 12, metric: "err", isForAll: true)
    #expect(store.veto(veto, now: Self.noon).isVetoed)
    let reply = try put(leader, line, at: 0, now: Self.noon)
    #expect(reply == (isRefused ? .vetoed(field: "m:chat") : .stored(version: 1)))
    #expect((store.config(Self.noon) == nil) == isRefused)
  }

  @Test func configurationsAreOrderedByEpochFirst() {
    let ordered = [(1, 9), (2, 1), (2, 2), (3, 0)].map { ControlPosition(epoch: $0.0, version: $0.1) }
    #expect(ordered == ordered.shuffled().sorted())
  }

  @Test mutating func whatWasChangedByHandIsSeen() throws {
    let config = ControlConfig(position: .none, by: "r1", at: 0, lines: [model: "active=1"])
    #expect(config.isWhole && config.hash.count == 16)
    var changed = config
    changed.lines[model] = "active=2"
    #expect(!changed.isWhole)
    let other = try #require(ControlModel("other"))
    #expect(ControlConfig.hash(of: [model: "a"]) != ControlConfig.hash(of: [other: "a"]))
  }

  // MARK: Vetoes

  @Test mutating func twoReplicasMakeAVetoTheClustersForGood() throws {
    for replica in ["r1", "r2", "r3"] { _ = store.sync(sync(replica), now: Self.noon) }
    var veto = ControlVeto(replica: "r1", model: model, version: 12, metric: "err", isForAll: false)
    #expect(store.veto(veto, now: Self.noon) == .init(votes: 1, isVetoed: false))
    #expect(store.veto(veto, now: Self.noon) == .init(votes: 1, isVetoed: false), "its own word counts once")
    veto.replica = "r2"
    #expect(store.veto(veto, now: Self.noon) == .init(votes: 2, isVetoed: true))
    veto.replica = "r3"
    #expect(store.veto(veto, now: Self.noon) == .init(votes: 2, isVetoed: true))
    #expect(store.news.count == 2)
    let told = try #require(store.sync(sync("r1"), now: Self.noon).vetoes)
    #expect(told.vetoed == [.init(model, 12)] && told.votes[.init(model, 12)]?.count == 2)
  }

  /// It was the cluster's word; that others come does not take it back.
  @Test mutating func theWordOfOneThatIsAloneHolds() throws {
    _ = store.sync(sync("r1"), now: Self.noon)
    let veto = ControlVeto(replica: "r1", model: model, version: 12, metric: "err", isForAll: false)
    #expect(store.veto(veto, now: Self.noon).isVetoed)
    for replica in ["r1", "r2", "r3"] { _ = store.sync(sync(replica), now: Self.noon) }
    #expect(
      try put(lead(at: Self.noon), "candidate=12 weight=1", at: 0, now: Self.noon) == .vetoed(field: "m:chat")
    )
  }

  @Test mutating func aReplicaThatIsSilentIsAskedNoMore() {
    for replica in ["r1", "r2"] { _ = store.sync(sync(replica), now: Self.noon) }
    let veto = ControlVeto(replica: "r1", model: model, version: 12, metric: "err", isForAll: false)
    #expect(!store.veto(veto, now: Self.noon + 10_000).isVetoed)
    #expect(store.veto(veto, now: Self.noon + 10_001) == .init(votes: 1, isVetoed: true))
  }

  // MARK: Syncs

  @Test mutating func aStampAgesAndEnds() throws {
    let leader = try lead(for: 60_000, at: Self.noon)
    #expect(store.stamp(leader, now: Self.noon) == .done(1))
    #expect(store.stamp(leader, now: Self.noon + 10) == .done(2))
    let read = { (now: Int64, store: inout ControlStore) in
      store.sync(ControlSync(replica: "r1", applied: .none, hash: "", vetoMark: 0), now: now).stamp
    }
    #expect(read(Self.noon + 40, &store) == ControlStamp(epoch: leader.epoch, count: 2, age: 30))
    #expect(read(Self.noon + 30_010, &store) == nil)
    #expect(read(Self.noon - 4_000, &store)?.age == 0)
    #expect(read(Self.noon - 6_000, &store) == nil, "the clock went back")
  }

  @Test mutating func replicasAreCountedForTenSecondsAndKeptForAMinute() {
    _ = store.sync(sync("r2"), now: Self.noon)
    #expect(store.sync(sync("r1"), now: Self.noon + 10_000).replicas == 2)
    #expect(store.sync(sync("r1"), now: Self.noon + 10_001).replicas == 1)
    #expect(store.acks(now: Self.noon + 60_000).count == 2)
    _ = store.sync(sync("r1"), now: Self.noon + 60_001)
    #expect(store.acks(now: Self.noon + 60_001).keys.sorted() == ["r1"])
  }

  // MARK: Evidence

  @Test mutating func aSecondTakesCountsUntilItMayBeFolded() throws {
    let second = Self.noon / 1_000
    let count = try #require(ControlCount(replica: "r1", sequence: 3, model, second: second, ["c.n": 5]))
    #expect(store.count(count, now: Self.noon - 1_001) == .late(now: Self.noon - 1_001))
    #expect(store.count(count, now: Self.noon + 3_499) == .counted(now: Self.noon + 3_499))
    #expect(store.count(count, now: Self.noon + 9_000) == .repeated(now: Self.noon + 9_000))
    let other = try #require(ControlCount(replica: "r2", sequence: 1, model, second: second, ["c.n": 1]))
    #expect(store.count(other, now: Self.noon + 3_500) == .late(now: Self.noon + 3_500))
    #expect(store.counts(model, seconds: [second, 1], now: Self.noon).seconds == [["c.n": 5], [:]])
  }

  @Test mutating func secondsAreFoldedInOrderAndByOne() throws {
    let leader = try lead(for: 60_000, at: Self.noon)
    let last = Self.noon / 1_000 - 1
    func fold(_ version: Int64, after former: Int64, _ second: Int64) throws -> ControlJudgePut {
      try #require(
        ControlJudgePut(leader, model, version: version, after: former, second: second, tests: ["e": "1"]))
    }
    #expect(store.put(try fold(12, after: 0, last + 1), now: Self.noon) == .early(now: Self.noon))
    #expect(store.put(try fold(12, after: 0, last - 1), now: Self.noon) == .stored(second: last - 1))
    #expect(store.put(try fold(12, after: 0, last - 1), now: Self.noon) == .stored(second: last - 1))
    #expect(
      store.put(try fold(12, after: 0, last), now: Self.noon) == .conflict(version: 12, second: last - 1))
    #expect(store.put(try fold(12, after: last - 1, last), now: Self.noon) == .stored(second: last))
    #expect(
      store.put(try fold(12, after: last, last - 2), now: Self.noon) == .conflict(version: 12, second: last))
    // The clock has gone back by an hour: evidence goes on from there.
    let early = Self.noon - 3_600_000
    let again = ControlLeader(id: "r1", epoch: try lead(at: early).epoch)
    let put = try #require(
      ControlJudgePut(again, model, version: 12, after: last, second: early / 1_000 - 1, tests: [:]))
    #expect(store.put(put, now: early) == .stored(second: early / 1_000 - 1))
    #expect(store.judge(model, now: early)?.tests == [:])
  }

  // MARK: Asks and bundles

  @Test mutating func asksAreFewAndShortLived() throws {
    let ask = { (id: String, text: String) in try #require(ControlAsk(id: id, text: text)) }
    for number in 0..<100 { #expect(store.ask(try ask("a\(number)", "x"), now: Self.noon) == .waits) }
    #expect(store.ask(try ask("b", "x"), now: Self.noon) == .full(100))
    #expect(store.ask(try ask("a1", "x"), now: Self.noon) == .waits)
    #expect(store.ask(try ask("a1", "y"), now: Self.noon) == .taken)
    #expect(store.asks(now: Self.noon + 5).first?.age == 5)
    #expect(store.ask(try ask("b", "x"), now: Self.noon + 600_000) == .waits)
    #expect(store.asks(now: Self.noon + 600_000).map(\.ask.id) == ["b"])
    #expect(ControlAsk(id: "a b", text: "x") == nil && ControlAsk(id: "a", text: "x\n") == nil)
    #expect(ControlAsk(id: "a", text: String(repeating: "x", count: 4_097)) == nil)
  }

  @Test mutating func aVersionIsRegisteredOnce() throws {
    let model = model
    let bundle = { (version: Int64, text: String) in
      try #require(
        ControlBundle(model, version: version, text: text, audit: ControlAudit([:])))
    }
    #expect(store.register(try bundle(1, "{}"), now: 0) == .registered(isNew: true))
    #expect(store.register(try bundle(1, "{}"), now: 0) == .registered(isNew: false))
    #expect(store.register(try bundle(1, "[]"), now: 0) == .other(text: "{}"))
    for version in 2...500 as ClosedRange<Int64> { _ = store.register(try bundle(version, "{}"), now: 0) }
    #expect(store.register(try bundle(501, "{}"), now: 0) == .full(500))
    #expect(store.auditTrail(before: "0-3", count: 2, now: 0).map(\.id) == ["0-2", "0-1"])
    #expect(ControlBundle(model, version: 0, text: "{}", audit: ControlAudit([:])) == nil)
  }

  // MARK: Names and messages

  @Test(arguments: ["chat", "a/b:c+d", "a b", "{}@*", "é\u{0}\n%41"])
  func aNameComesBackFromWhatStandsInKeys(_ name: String) throws {
    let model = try #require(ControlModel(name))
    #expect(ControlModel(escaped: model.escaped) == model)
    #expect(!model.escaped.contains { " {}@*\n".contains($0) })
  }

  @Test(arguments: ["", "a b", "%", "%4", "%zz", "%41", "%FF", "@"])
  func whatNoNameIsWrittenAsIsNone(_ text: String) { #expect(ControlModel(escaped: text) == nil) }

  @Test(arguments: ["cfg 5 7", "veto chat 12", "ask", "bundle a%20b 3"])
  func aMessageComesBack(_ text: String) { #expect(ControlNews(text)?.text == text) }

  @Test(arguments: ["", "cfg", "cfg 5", "cfg x 7", "veto chat", "veto chat x", "veto a{b 1", "later 1 2"])
  func aMessageOfALaterReleaseIsNone(_ text: String) { #expect(ControlNews(text) == nil) }
}
