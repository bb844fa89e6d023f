import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Policy
import TestSupport
import Testing

@testable import Coordination

/// Both engines behind `ControlRegister`, and what others hear of it.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct ControlRegisterTests {
  private static let model = ControlModel("chat")

  private static func with(
    isShared: Bool, _ body: (ControlUnderTest) async throws -> Void
  ) async throws {
    guard isShared else { return try await body(ControlUnderTest(EmbeddedStore())) }
    let redis = try RedisUnderTest()
    let control = try await ControlUnderTest("unix://\(redis.socket)")
    try await body(control)
    #expect(control.foreignValues == [])
    try await control.close()
  }

  private static func lead(_ control: ControlUnderTest, _ id: String = "r1") async throws -> ControlLeader {
    guard case .held(let epoch, _) = try await control.ask({ $0.takeLease(id, for: 60_000, $1) }) else {
      throw RedisUnderTest.Failed(description: "\(id) does not lead")
    }
    return ControlLeader(id: id, epoch: epoch)
  }

  @Test(arguments: [true, false])
  func aLeaderReplacesTheConfigurationUntilItIsNoLonger(isShared: Bool) async throws {
    try await Self.with(isShared: isShared) { control in
      let model = try #require(Self.model)
      let leader = try await Self.lead(control)
      let line = "active=11 candidate=12 weight=5"
      let put = try #require(ControlPut(leader, from: [:], at: 0, to: [model: line], version: 7))
      #expect(try await control.ask { $0.put(put, $1) } == .stored(version: 7))
      let config = try #require(try await control.ask { $0.readConfig($1) })
      #expect(config.lines == [model: line] && config.position.version == 7 && config.isWhole)
      guard case .other(leader.epoch, _, "r1") = try await control.ask({ $0.takeLease("r2", for: 9, $1) })
      else { Issue.record("two lead"); return }
      #expect(try await control.ask { $0.stamp(leader, $1) } == .done(1))
      #expect(try await control.ask { $0.releaseLease(leader, $1) })
      let next = try await Self.lead(control, "r2")
      #expect(next.epoch > leader.epoch)
      #expect(try await control.ask { $0.stamp(leader, $1) } == .fenced(epoch: next.epoch))
      let late = try #require(ControlPut(leader, from: [model: line], at: 7, to: [:], version: 8))
      #expect(try await control.ask { $0.put(late, $1) } == .fenced(epoch: next.epoch))
      #expect(try await control.ask { $0.put(put, $1) } == .stored(version: 7), "it was stored")
    }
  }

  @Test(arguments: [true, false])
  func whoLedLastIsRead(isShared: Bool) async throws {
    try await Self.with(isShared: isShared) { control in
      #expect(try await control.ask { $0.readLease($1) } == nil)
      let leader = try await Self.lead(control)
      let lease = try #require(try await control.ask { $0.readLease($1) })
      #expect(lease.id == leader.id && lease.epoch == leader.epoch && lease.left(lease.since) == 60_000)
      _ = try await control.ask { $0.releaseLease(leader, $1) }
      let over = try #require(try await control.ask { $0.readLease($1) })
      #expect(over.epoch == leader.epoch && over.left(over.until) == 0)
    }
  }

  @Test(arguments: [true, false])
  func theLargestVersionIsKeptWhole(isShared: Bool) async throws {
    try await Self.with(isShared: isShared) { control in
      let model = try #require(Self.model)
      let audit = ControlAudit(["what": "register"])
      let text = String(repeating: "x", count: ControlBundle.longest)
      #expect(ControlBundle(model, version: 1, text: text + "x", audit: audit) == nil)
      let bundle = try #require(ControlBundle(model, version: 1, text: text, audit: audit))
      #expect(try await control.ask { $0.register(bundle, $1) } == .registered(isNew: true))
      #expect(try await control.ask { $0.register(bundle, $1) } == .registered(isNew: false))
      #expect(try await control.ask { $0.readBundle(model, version: 1, $1) } == text)
    }
  }

  @Test(arguments: [true, false])
  func theLastEvaluationOfAVersionIsKept(isShared: Bool) async throws {
    try await Self.with(isShared: isShared) { control in
      let model = try #require(Self.model)
      let audit = ControlAudit(["what": "evaluate"])
      let first = try #require(ControlEvaluation(model, version: 1, text: "{}", audit: audit))
      #expect(try await control.ask { $0.keep(first, $1) } == .unknown)
      let bundle = try #require(ControlBundle(model, version: 1, text: "{}", audit: audit))
      #expect(try await control.ask { $0.register(bundle, $1) } == .registered(isNew: true))
      #expect(try await control.ask { $0.readEvaluation(model, version: 1, $1) } == nil)
      #expect(try await control.ask { $0.keep(first, $1) } == .kept)
      #expect(try await control.ask { $0.keep(first, $1) } == .kept)
      let second = try #require(ControlEvaluation(model, version: 1, text: "{\"a\":1}", audit: audit))
      #expect(try await control.ask { $0.keep(second, $1) } == .kept)
      #expect(try await control.ask { $0.readEvaluation(model, version: 1, $1) } == second.text)
      #expect(try await control.ask { $0.readEvaluations(model, $1) } == [1: second.text])
      // Of the bundle and of two evaluations: the same again is no change.
      #expect(try await control.ask { $0.readAudit(before: nil, count: 9, $1) }.count == 3)
      let long = String(repeating: "x", count: ControlEvaluation.longest + 1)
      #expect(ControlEvaluation(model, version: 1, text: long, audit: audit) == nil)
    }
  }

  @Test(arguments: [true, false])
  func aReplicaLearnsWhatChangedAndNoMore(isShared: Bool) async throws {
    try await Self.with(isShared: isShared) { control in
      let model = try #require(Self.model)
      var sync = ControlSync(replica: "r1", applied: .none, hash: "", vetoMark: 0)
      let empty = try await control.ask { [sync] in $0.sync(sync, $1) }
      #expect(empty.change == .same && empty.vetoes == nil && empty.stamp == nil && empty.leader == "")
      #expect(empty.replicas == 1 && empty.left == 0 && empty.now > 1_600_000_000_000)
      let leader = try await Self.lead(control)
      let put = try #require(ControlPut(leader, from: [:], at: 0, to: [model: "active=1"], version: 1))
      _ = try await control.ask { $0.put(put, $1) }
      _ = try await control.ask { $0.stamp(leader, $1) }
      let veto = ControlVeto(replica: "r1", model: model, version: 12, metric: "err", isForAll: false)
      let word = try await control.ask { $0.veto(veto, $1) }
      #expect(word == .init(votes: 1, isVetoed: true), "it is alone")
      let full = try await control.ask { [sync] in $0.sync(sync, $1) }
      guard case .config(let config) = full.change, let vetoes = full.vetoes else {
        Issue.record("\(full)")
        return
      }
      #expect(config.lines == [model: "active=1"] && full.epoch == leader.epoch && full.leader == "r1")
      #expect(vetoes.vetoed == [.init(model, 12)] && vetoes.votes == [.init(model, 12): ["r1": "err"]])
      #expect(full.stamp?.count == 1 && full.stamp?.epoch == leader.epoch)
      sync = ControlSync(
        replica: "r1", applied: config.position, hash: config.hash, vetoMark: vetoes.mark)
      let same = try await control.ask { [sync] in $0.sync(sync, $1) }
      #expect(same.change == .same && same.vetoes == nil)
      let acks = try await control.ask { $0.readAcks($1) }
      #expect(acks["r1"]?.position == config.position && acks["r1"]?.hash == config.hash)
      let exposed = "candidate=12 weight=0.01"
      let bad = try #require(
        ControlPut(leader, from: config.lines, at: 1, to: [model: exposed], version: 2))
      #expect(try await control.ask { $0.put(bad, $1) } == .vetoed(field: "m:chat"))
    }
  }

  @Test(arguments: [true, false])
  func evidenceIsCountedAndFoldedOnce(isShared: Bool) async throws {
    try await Self.with(isShared: isShared) { control in
      let model = try #require(Self.model)
      let leader = try await Self.lead(control)
      let sync = ControlSync(replica: "r1", applied: .none, hash: "", vetoMark: 0)
      let second = try await control.ask { $0.sync(sync, $1) }.now / 1_000
      for replica in ["r1", "r2"] {
        for _ in 0..<2 {
          let count = try #require(
            ControlCount(replica: replica, sequence: 1, model, second: second, ["c.n": 3, "b.n": 40]))
          _ = try await control.ask { $0.count(count, $1) }
        }
      }
      let late = try #require(ControlCount(replica: "r1", sequence: 2, model, second: second - 9, ["c.n": 3]))
      guard case .late = try await control.ask({ $0.count(late, $1) }) else { Issue.record("late"); return }
      let counts = try await control.ask { $0.readCounts(model, seconds: [second, second - 1], $1) }
      #expect(counts.seconds == [["c.n": 6, "b.n": 80], [:]])
      #expect(try await control.ask { $0.readJudge(model, $1) } == nil)
      let put = try #require(
        ControlJudgePut(leader, model, version: 12, after: 0, second: second - 4, tests: ["err": "1 2"]))
      for _ in 0..<2 { #expect(try await control.ask { $0.put(put, $1) } == .stored(second: second - 4)) }
      let judge = ControlJudge(
        version: 12, second: second - 4, epoch: leader.epoch, tests: ["err": "1 2"])
      #expect(try await control.ask { $0.readJudge(model, $1) } == judge)
    }
  }

  @Test(arguments: [true, false])
  func whatPeopleAskForIsAnsweredOnceAndAudited(isShared: Bool) async throws {
    try await Self.with(isShared: isShared) { control in
      let model = try #require(Self.model)
      let leader = try await Self.lead(control)
      let ask = try #require(ControlAsk(id: "a1", text: "unveto model=chat version=12"))
      #expect(try await control.ask { $0.ask(ask, $1) } == .waits)
      #expect(try await control.ask { $0.readAsks($1) }.map(\.ask) == [ask])
      #expect(try await control.ask { $0.readAnswer("a1", $1) } == nil)
      let audit = ControlAudit(["who": "ops", "reason": "a false\nalarm"])
      let answer = ControlAnswer(
        leader, ControlAnswerText(ask: "a1", "done"), unveto: .init(model, 12), audit: audit)
      #expect(try await control.ask { $0.answer(answer, $1) } == .answered(removed: 0))
      #expect(try await control.ask { $0.answer(answer, $1) } == .unknown)
      #expect(try await control.ask { $0.readAnswer("a1", $1) } == "done")
      #expect(try await control.ask { $0.ask(ask, $1) } == .answered("done"))
      for version in [1, 2] as [Int64] {
        let bundle = try #require(
          ControlBundle(model, version: version, text: "{\"v\":\(version)}", audit: audit))
        #expect(try await control.ask { $0.register(bundle, $1) } == .registered(isNew: true))
      }
      let other = try #require(ControlBundle(model, version: 2, text: "{}", audit: audit))
      #expect(try await control.ask { $0.register(other, $1) } == .other(text: "{\"v\":2}"))
      #expect(try await control.ask { $0.readBundles(model, $1) } == [1: "{\"v\":1}", 2: "{\"v\":2}"])
      #expect(try await control.ask { $0.readBundle(model, version: 3, $1) } == nil)
      let lines = try await control.ask { $0.readAudit(before: nil, count: 2, $1) }
      let first = try await control.ask { $0.readAudit(before: lines.last?.id, count: 9, $1) }
      #expect(lines.count == 2 && first.count == 1 && first[0]["reason"] == "a false alarm")
      #expect(first[0]["epoch"] == "\(leader.epoch)" && first[0]["nothing"] == nil)
    }
  }

  @Test func whatSomebodyElseWroteIsTold() async throws {
    let redis = try RedisUnderTest()
    let control = try await ControlUnderTest("unix://\(redis.socket)")
    _ = try redis.send("SET", "sy:{ro}:lease", "x")
    _ = try redis.send("HSET", "sy:{ro}:cfg", "ver", "x")
    await #expect(throws: StateFailure.self) { _ = try await control.ask { $0.takeLease("r1", for: 9, $1) } }
    await #expect(throws: StateFailure.malformed) { _ = try await control.ask { $0.readConfig($1) } }
    _ = try redis.send("DEL", "sy:{ro}:lease")
    await #expect(throws: StateFailure.self) { _ = try await control.ask { $0.takeLease("r1", for: 9, $1) } }
    #expect(control.foreignValues.count == 2)
    #expect(control.foreignValues.last?.contains("BADVALUE sy:{ro}:cfg") == true)
    try await control.close()
  }

  /// Breakers and rollouts are heard over one connection.
  @Test func oneConnectionHearsOfBreakersAndOfRollouts() async throws {
    let redis = try RedisUnderTest()
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let heard = NIOLockedValueBox<[String]>([])
    let note = { @Sendable (text: String) in heard.withLockedValue { $0.append(text) } }
    let address = try RedisAddress("unix://\(redis.socket)")
    let feed = try await loop.submit {
      let feed = StateFeed(
        address, on: loop, prefix: "sy", subscribed: { note("breakers") }, heard: { name, _ in note(name) })
      feed.hearControl(subscribed: { note("rollouts") }, heard: { note($0.text) })
      feed.start()
      return NIOLoopBound(feed, eventLoop: loop)
    }.get()
    #expect(try await eventually { heard.withLockedValue { Set($0) } == ["breakers", "rollouts"] })
    let clients = try redis.send("CLIENT", "LIST").string.split(separator: "\n")
    #expect(clients.filter { !$0.contains(" sub=0 ") }.allSatisfy { $0.contains(" sub=2 ") })
    _ = try redis.send("PUBLISH", "sy:ev:ro", "cfg 5 7")
    _ = try redis.send("PUBLISH", "sy:ev:ro", "of a later release")
    _ = try redis.send("PUBLISH", "sy:ev:cb", "a/b closed 0 0 - 0 0 0 0 new")
    #expect(
      try await eventually {
        heard.withLockedValue { $0.filter { $0.contains { " /".contains($0) } } } == ["cfg 5 7", "a/b"]
      })
    try await loop.submit { feed.value.close() }.get()
  }

  @Test func peopleCanLookAtAllOfIt() async throws {
    let redis = try RedisUnderTest()
    let example = try ControlExample(redis)
    for (name, script, call) in try example.calls where name != "release" {
      _ = try example.run(script, call)
    }
    let found = try await StateInspection(
      RedisAddress("unix://\(redis.socket)"), prefix: "sy", tag: nil
    ).read()
    let kinds = found.keys.map { key -> String in
      switch key.value {
      case .leadership(let lease): "\(lease.id) leads"
      case .control(let text): text
      default: "\(key.key) is \(key.value)"
      }
    }
    #expect(!kinds.contains { $0.contains("foreign") }, "\(kinds)")
    #expect(kinds.contains("r1 leads") && kinds.contains("2 versions") && kinds.contains("2 counts"))
    _ = try redis.send("SET", "sy:{ro}:veto:x", "x")
    _ = try redis.send("SET", "sy:{ro}:cfg", "x")
    let again = try await StateInspection(
      RedisAddress("unix://\(redis.socket)"), prefix: "sy", tag: "ro"
    ).read()
    #expect(again.keys.contains { $0.key == "sy:{ro}:cfg" && $0.value == .foreign("x") })
  }
}
