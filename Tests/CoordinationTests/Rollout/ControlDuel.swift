import Policy

@testable import Coordination

/// One random sequence of operations on the registry and rollouts, on Redis and on the twin.
struct ControlDuel {
  struct Difference: Error, CustomStringConvertible {
    let description: String
  }

  static let bounds = {
    var bounds = ControlStore.Bounds()
    (bounds.asks, bounds.bundles) = (3, 2)
    return bounds
  }()

  let redis: RedisUnderTest
  let sources: ControlSources
  let names = ControlNames(prefix: "sy")
  let models: [ControlModel]
  var random: Chance
  var twin: ControlStore
  /// Redis' clock, as far as the scripts know.
  var now: Int64
  /// All that ever led.
  var leaders: [ControlLeader] = []
  var puts: [ControlPut] = []
  var judges: [ControlJudgePut] = []
  var counted: [ControlCount] = []
  /// As it was some time ago.
  var backup: ControlStore?
  var journal: [String] = []

  init(_ redis: RedisUnderTest, seed: UInt64, _ sources: ControlSources = ControlSources()) {
    self.redis = redis
    self.sources = sources
    random = Chance(seed: seed)
    twin = ControlStore(names, Self.bounds)
    now = 1_790_000_000_000 + Int64(random.below(1_000_000_000))
    models = ["chat", "a b{c}@1/é\n*", "x/y:z+1"].compactMap(ControlModel.init)
  }

  func run() throws {
    var duel = self
    _ = try redis.send("FLUSHALL")
    for _ in 0..<(10 + duel.random.below(60)) { try duel.step() }
    try duel.compareState(since: nil)
  }

  private mutating func step() throws {
    let before = twin.entries
    if random.below(12) == 0 { backup = twin }
    switch random.below(34) {
    case 0..<4: try take()
    case 4: try release()
    case 5..<10: try put()
    case 10: try stamp()
    case 11..<14: try sync()
    case 14..<17: try veto()
    case 17: try answer()
    case 18..<21: try judge()
    case 21: try register()
    case 31: try evaluate()
    case 22..<24: try ask()
    case 24..<26: try count()
    case 26: try readSomething()
    case 27, 28: try spoil()
    case 29, 30: try spend()
    default: try moveTime()
    }
    try compareNews()
    try compareState(since: before)
  }

  // MARK: The leader's

  private mutating func take() throws {
    let (id, time) = (someReplica(), [300, 1_000, 5_000][random.below(3)] as Int64)
    journal.append("\(now) take \(id) \(time)")
    let expected = twin.take(id, for: time, now: now)
    try compare(
      expected, ControlReplies.take(try call(sources.take, ScriptCall(taking: id, for: time, names))))
    if case .held(let epoch, _) = expected { leaders.append(ControlLeader(id: id, epoch: epoch)) }
  }

  private mutating func release() throws {
    guard let leader = someLeader() else { return }
    journal.append("\(now) release \(leader)")
    let expected = twin.release(leader, now: now)
    try compare(
      expected, ControlReplies.release(try call(sources.release, ScriptCall(releasing: leader, names))))
  }

  private mutating func put() throws {
    guard let leader = someLeader() else { return }
    var put = somePut(leader)
    if random.below(6) == 0, let former = puts.randomElement(using: &random) { put = former }
    guard let put else { throw difference("no put") }
    journal.append("\(now) put \(put)")
    puts.append(put)
    let expected = twin.put(put, now: now)
    try compare(expected, ControlReplies.put(try call(sources.put, ScriptCall(put, names))))
  }

  private mutating func stamp() throws {
    guard let leader = someLeader() else { return }
    journal.append("\(now) stamp \(leader)")
    let expected = twin.stamp(leader, now: now)
    try compare(expected, ControlReplies.stamp(try call(sources.stamp, ScriptCall(stamping: leader, names))))
  }

  private mutating func answer() throws {
    guard let leader = someLeader() else { return }
    let (unveto, hasAudit) = (random.below(2) == 0, random.below(2) == 0)
    let answer = ControlAnswer(
      leader, ControlAnswerText(ask: someAsk(), "no \(random.below(9))"),
      unveto: unveto ? .init(someModel(), someVersion()) : nil,
      audit: hasAudit ? ControlAudit(["what": "unveto", "reason": "a\nb"]) : nil)
    journal.append("\(now) answer \(answer)")
    let expected = twin.answer(answer, now: now)
    try compare(expected, ControlReplies.answer(try call(sources.answer, ScriptCall(answer, names))))
  }

  private mutating func judge() throws {
    guard let leader = someLeader() else { return }
    let (model, version) = (someModel(), someVersion())
    let former = twin.judge(model, now: now)
    let last = former?.version == version ? former?.second ?? 0 : 0
    let second = [last + 1, last, now / 1_000 - 1, now / 1_000, now / 1_000 - 3, max(0, last - 1)]
    var put = ControlJudgePut(
      leader, model, version: version, after: random.below(6) == 0 ? last + 1 : last,
      second: second[random.below(second.count)],
      tests: random.below(3) == 0
        ? [:] : ["err": "\(random.below(100)) 1", ["slow", "cost"][random.below(2)]: "x"])
    if random.below(4) == 0, let former = judges.randomElement(using: &random) { put = former }
    guard let put else { throw difference("no judge") }
    journal.append("\(now) judge \(put)")
    judges.append(put)
    let expected = twin.put(put, now: now)
    try compare(expected, ControlReplies.judge(try call(sources.judge, ScriptCall(put, names))))
  }

  // MARK: Anybody's

  private mutating func sync() throws {
    let config = twin.config(now)
    let mark = twin.sync(
      ControlSync(replica: "x", applied: .none, hash: "", vetoMark: 1), now: now, isDry: true
    ).vetoes?.mark
    let isCurrent = random.below(2) == 0
    let sync = ControlSync(
      replica: someReplica(),
      applied: isCurrent
        ? config?.position ?? .none : ControlPosition(epoch: now + Int64(random.below(9)), version: 3),
      hash: isCurrent && random.below(4) > 0 ? config?.hash ?? "" : ["", "00ff"][random.below(2)],
      vetoMark: [0, mark ?? 0, mark ?? 0, now + 9_999][random.below(4)])
    journal.append("\(now) sync \(sync)")
    let expected = twin.sync(sync, now: now)
    try compare(expected, ControlReplies.sync(try call(sources.sync, ScriptCall(sync, names)), to: sync))
  }

  private mutating func veto() throws {
    let veto = ControlVeto(
      replica: someReplica(), model: someModel(), version: someVersion(),
      metric: ["err", "slow95"][random.below(2)], isForAll: random.below(12) == 0)
    journal.append("\(now) veto \(veto)")
    let expected = twin.veto(veto, now: now)
    try compare(expected, ControlReplies.veto(try call(sources.veto, ScriptCall(veto, names))))
  }

  private mutating func register() throws {
    let bundle = ControlBundle(
      someModel(), version: someVersion(), text: ["{\"a\":1}", "{}", "{\"é\":\"}{\"}"][random.below(3)],
      audit: ControlAudit(["by": "ops", "what": "register"]))
    guard let bundle else { throw difference("no bundle") }
    journal.append("\(now) register \(bundle)")
    let expected = twin.register(bundle, now: now)
    let call = ScriptCall(bundle, names, most: Self.bounds.bundles)
    try compare(expected, ControlReplies.bundle(try self.call(sources.bundle, call)))
  }

  private mutating func evaluate() throws {
    let evaluation = ControlEvaluation(
      someModel(), version: someVersion(), text: ["{}", "{\"é\":1}"][random.below(2)],
      audit: ControlAudit(["by": "ops", "what": "evaluate"]))
    guard let evaluation else { throw difference("no evaluation") }
    journal.append("\(now) evaluate \(evaluation)")
    let expected = twin.keep(evaluation, now: now)
    let call = ScriptCall(evaluation, names)
    try compare(expected, ControlReplies.evaluate(try self.call(sources.evaluate, call)))
  }

  private mutating func ask() throws {
    guard let ask = ControlAsk(id: someAsk(), text: "promote v=\(random.below(2))") else {
      throw difference("no ask")
    }
    journal.append("\(now) ask \(ask)")
    let expected = twin.ask(ask, now: now)
    let call = ScriptCall(ask, names, most: Self.bounds.asks)
    try compare(expected, ControlReplies.ask(try self.call(sources.ask, call)))
  }

  private mutating func count() throws {
    let offsets: [Int64] = [0, 0, 0, 1_000, 2_000, -1_000, -2_000, -3_000, -3_400, -9_000]
    let counts: [String: Int64] = [
      "c.n": Int64(random.below(100)), "b.n": Int64(random.below(100)),
      ["c.err", "b.err"][random.below(2)]: 1,
    ]
    var count = ControlCount(
      replica: someReplica(), sequence: Int64(random.below(5)), someModel(),
      second: (now + offsets[random.below(offsets.count)]) / 1_000, counts)
    if random.below(4) == 0, let former = counted.randomElement(using: &random) { count = former }
    guard let count else { throw difference("no count") }
    journal.append("\(now) count \(count)")
    counted.append(count)
    let expected = twin.count(count, now: now)
    try compare(expected, ControlReplies.count(try call(sources.count, ScriptCall(count, names))))
  }

  private mutating func spend() throws {
    let spend = ControlSpend(
      replica: someReplica(), sequence: Int64(random.below(5)), someModel(),
      amount: [0, 1, 250_000, ControlSpend.most][random.below(4)])
    journal.append("\(now) spend \(spend)")
    let expected = twin.spend(spend, now: now)
    try compare(expected, ControlReplies.spend(try call(sources.spend, ScriptCall(spend, names))))
  }

  private mutating func readSomething() throws {
    let model = someModel()
    let seconds = (0..<3).map { now / 1_000 - $0 }
    journal.append("\(now) counts")
    let call = ScriptCall(counts: model, seconds: seconds, names)
    try compare(
      twin.counts(model, seconds: seconds, now: now),
      ControlReplies.counts(try self.call(sources.counts, call)))
  }

  // MARK: The world's

  /// A key that is lost or as it was before, or all of them lost.
  private mutating func spoil() throws {
    switch random.below(4) {
    case 0, 1: try restore([names.lease, names.config][random.below(2)])
    case 2: try lose()
    default: try moveTime()
    }
  }

  private mutating func restore(_ key: String) throws {
    guard let backup, case .hash(let fields)? = backup.entries[key]?.value else { return }
    journal.append("\(now) restore \(key)")
    twin.restore(key, from: backup)
    _ = try redis.send("DEL", key)
    _ = try redis.send(["HSET", key] + fields.flatMap { [$0.key, $0.value] })
  }

  private mutating func lose() throws {
    let keys = twin.entries.keys.sorted()
    guard let key = keys.randomElement(using: &random) else { return }
    let lost = random.below(4) == 0 ? keys : [key]
    journal.append("\(now) lose \(lost)")
    _ = try redis.send(["DEL"] + (lost.count == 1 ? lost : [key]))
    if lost.count > 1 { _ = try redis.send("FLUSHALL") }
    for key in lost { twin.forget(key) }
  }

  /// Mostly forward, seldom back, a little or an hour. What has expired by the twin's clock is taken from Redis, whose own stands still.
  private mutating func moveTime() throws {
    let steps: [Int64] = [
      1, 50, 290, 400, 999, 1_000, 2_500, 5_000, 10_001, 31_000, 60_001, 600_000, 900_001, 86_400_001, -1,
      -900,
      -5_001, -11_000, -3_600_000,
    ]
    now += steps[random.below(random.below(3) == 0 ? steps.count : 8)]
    journal.append("\(now) is now")
    for (key, entry) in twin.entries {
      if let expires = entry.expires, expires <= now { _ = try redis.send("DEL", key) }
    }
    twin.sweep(now: now)
  }
}

extension ControlStore {
  /// What a sync would answer.
  fileprivate func sync(_ sync: ControlSync, now: Int64, isDry: Bool) -> ControlSync.Reply {
    var copy = self
    return copy.sync(sync, now: now)
  }
}
