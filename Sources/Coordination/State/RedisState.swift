package import NIOCore
package import Policy
import Synchronization

/// The shared state in Redis, by its scripts.
package final class RedisState: SharedState {
  private let client: RedisClient
  private let replica: ReplicaState
  let scripts: StateScripts
  package let keyNames: KeyNames
  package let controlNames: ControlNames
  let feedbackNames: FeedbackNames
  let experimentNames: ExperimentNames
  let choiceNames: ChoiceNames
  let runner: ScriptRunner
  private let settlements: Settlements
  private var admissions: [() -> Void] = []
  private let register: String
  let loadKey: String
  let prefix: String
  /// Decisions that Redis has yet to take.
  var decisionsUnderWay = 0
  private let tell: (News) -> Void

  /// What is worth a log line: changes only.
  package enum News: Sendable {
    case link(RedisClient.News)
    /// Redis does not answer, or answers that it can't; requests go on without it.
    case away(StateFailure)
    case back
    /// A value that no script wrote stands where one should; its limit is decided locally.
    case foreignValue(String)
    /// Redis is set up in a way that is unsafe, or can't be used at all.
    case finding(RedisFinding, server: String)
  }

  /// To be made on `loop`.
  package init(
    _ address: RedisAddress, on loop: any EventLoop, _ replica: ReplicaState, prefix: String,
    timeout: TimeAmount, tell: @escaping (News) -> Void
  ) {
    self.replica = replica
    self.tell = tell
    self.prefix = prefix
    register = "\(prefix):{replicas}:seen"
    loadKey = "\(prefix):{lb}:inflight"
    keyNames = KeyNames(prefix: prefix)
    controlNames = ControlNames(prefix: prefix)
    feedbackNames = FeedbackNames(prefix: prefix)
    experimentNames = ExperimentNames(prefix: prefix)
    choiceNames = ChoiceNames(prefix: prefix)
    scripts = .shared
    client = RedisClient(address, on: loop) { news in
      if news == .up { replica.isCheckDue.store(true, ordering: .relaxed) }
      tell(.link(news))
    }
    runner = ScriptRunner(client, on: loop, replica.breaker, timeout: timeout) { tell(News($0)) }
    settlements = Settlements(runner, scripts.limits.settle)
    runner.beforeFlush = { [weak self] in self?.sendHeld() }
  }

  package func start() { client.start() }

  package func close() {
    sendHeld()
    client.flush()
    client.close()
  }

  package var isAvailable: Bool { client.isReady && replica.isClosed && replica.isUsable }
  package var now: Int64 { replica.clock.now }

  package func flush() { runner.flush() }
  package func flushSoon() { runner.flushSoon() }

  /// The cache of the same Redis, whose calls go out with the limits'.
  package func makeCache(_ address: RedisAddress, on loop: any EventLoop) -> any SharedCache {
    RedisCache(runner, address, on: loop, isUsable: { [replica] in replica.isUsable })
  }

  package func admit(
    _ admission: Admission, _ completion: @escaping (Result<Admission.Reply, StateFailure>) -> Void
  ) {
    admissions.append { [self] in
      run(
        scripts.limits.admit, ScriptCall(admission), { $0.numbers.flatMap(Admission.Reply.init) }, completion)
    }
  }

  /// At the end of a turn of the loop: what was settled in it comes before what is asked for, whichever was said first.
  private func sendHeld() {
    settlements.send()
    let calls = admissions
    admissions.removeAll(keepingCapacity: true)
    for call in calls { call() }
  }

  package func settle(
    _ settling: Settling,
    _ completion: @escaping (Result<Settling.Reply, StateFailure>) -> Void
  ) {
    settlements.add(settling, completion)
  }

  package func charge(
    _ admission: Admission, _ completion: @escaping (Result<Bool, StateFailure>) -> Void
  ) {
    run(scripts.limits.charge, ScriptCall(admission)) { result in
      completion(
        result.flatMap {
          switch $0.numbers {
          case [1]: .success(true)
          case [0]: .success(false)
          default: .failure(.malformed)
          }
        })
    }
  }

  package func renew(
    _ ids: [String], of key: String, _ rule: Slots.Rule,
    _ completion: @escaping (Result<Void, StateFailure>) -> Void
  ) {
    run(scripts.limits.renew, ScriptCall(renewing: ids, of: key, rule)) { completion($0.map { _ in }) }
  }

  package func lease(
    _ call: LeaseCall, _ completion: @escaping (Result<LeaseCall.Reply, StateFailure>) -> Void
  ) {
    run(scripts.limits.lease, ScriptCall(call)) { result in
      completion(
        result.flatMap {
          $0.numbers.flatMap(LeaseCall.Reply.init).map(Result.success) ?? .failure(.malformed)
        })
    }
  }

  /// Says that this replica is there, and learns the time and how many there are. One worker of a replica does so each second; it
  /// is also the probe of a breaker that is open, so that no exchange has to be.
  package func beat() {
    guard client.isReady else { return }
    if replica.takeCheck() { check() }
    guard replica.isClosed ? replica.isDue(.beat) : replica.mayProbe(Self.monotonic) else { return }
    let call = ScriptCall(keys: [register], arguments: [.string(replica.name), .number(10_000)])
    run(scripts.presence, call) { [replica] result in
      guard case .success(let reply) = result, let numbers = reply.numbers, numbers.count == 2 else { return }
      replica.clock.set(numbers[0])
      replica.counted(Int(clamping: numbers[1]))
    }
    flush()
  }

  /// Once a start and after each loss of the connection, by one worker: what is unsafe is told.
  private func check() {
    let check = RedisSettingsCheck(
      keepsRecords: false, workers: replica.workers, replicas: replica.replicas)
    client.check(check, by: .now() + .seconds(5)) { [replica, tell] servers in
      for server in servers {
        for finding in server.findings { tell(.finding(finding, server: server.server)) }
      }
      replica.setUsable(!servers.contains { $0.findings.contains { $0.weight == .refusal } })
    }
  }

  // MARK: Calls

  func run(
    _ script: Script, _ call: ScriptCall, _ completion: @escaping (Result<Reply, StateFailure>) -> Void
  ) {
    runner.run(script, key: call.keys[0], command: call.command, completion)
  }

  func run<Value>(
    _ script: Script, _ call: ScriptCall, _ read: @escaping (Reply) -> Value?,
    _ completion: @escaping (Result<Value, StateFailure>) -> Void
  ) {
    run(script, call) { result in
      completion(result.flatMap { read($0).map(Result.success) ?? .failure(.malformed) })
    }
  }

  /// A command that is no script.
  func ask(
    _ words: [String], key: String, _ completion: @escaping (Result<Reply, StateFailure>) -> Void
  ) {
    var bytes = ByteBufferAllocator().buffer(capacity: 256)
    bytes.writeCommand(words)
    runner.ask(bytes, key: key, isCounted: true, completion)
  }

  /// What this start of this replica is called.
  var name: String { replica.name }

  private static var monotonic: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }
}

extension RedisState.News {
  init(_ news: ScriptRunner.News) {
    self =
      switch news {
      case .away(let failure): .away(failure)
      case .back: .back
      case .foreignValue(let error): .foreignValue(error)
      }
  }
}

/// All scripts; read and hashed once.
struct StateScripts: Sendable {
  let limits = LimitScripts()
  let keys = KeyScripts()
  let loads = LoadScripts()
  let breakers = BreakerScripts()
  let control = ControlScripts()
  let feedback = FeedbackScripts()
  let experiments = ExperimentScripts()
  let choices = ChoiceScripts()
  let presence = Script(PackageResources.presence_lua)

  static let shared = StateScripts()
}

extension Reply {
  /// A list of numbers.
  var numbers: [Int64]? {
    guard case .list(let parts) = self else { return nil }
    var numbers: [Int64] = []
    for part in parts {
      guard case .number(let number) = part else { return nil }
      numbers.append(number)
    }
    return numbers
  }
}

extension ScriptCall {
  /// `EVALSHA <sha> <number of keys> <keys> <arguments>`, or `EVAL` with the source.
  func command(_ name: String, _ script: String) -> ByteBuffer {
    var bytes = ByteBufferAllocator().buffer(capacity: 1_024)
    bytes.writeCommand(words: 3 + keys.count + arguments.count)
    bytes.writeWord(name)
    bytes.writeWord(script)
    bytes.writeWord(Int64(keys.count))
    for key in keys { bytes.writeWord(key) }
    for argument in arguments {
      switch argument {
      case .string(let text): bytes.writeWord(text)
      case .number(let number): bytes.writeWord(number)
      }
    }
    return bytes
  }
}
