package import NIOCore
package import Policy
import Synchronization

/// The shared state in Redis, by its scripts.
package final class RedisState: SharedState {
  private let client: RedisClient
  private let replica: ReplicaState
  let scripts: StateScripts
  package let keyNames: KeyNames
  private let timeout: TimeAmount
  private let register: String
  private let workers: Int
  private let tell: (News) -> Void
  private let loop: any EventLoop
  private var isFlushing = false

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
    timeout: TimeAmount, workers: Int, tell: @escaping (News) -> Void
  ) {
    self.loop = loop
    self.replica = replica
    self.timeout = timeout
    self.tell = tell
    register = "\(prefix):{replicas}:seen"
    keyNames = KeyNames(prefix: prefix)
    scripts = .shared
    self.workers = workers
    client = RedisClient(address, on: loop) { news in
      if news == .up { replica.isCheckDue.store(true, ordering: .relaxed) }
      tell(.link(news))
    }
  }

  package func start() { client.start() }

  package func close() {
    client.flush()
    client.close()
  }

  package var isAvailable: Bool { client.isReady && replica.isClosed && replica.isUsable }
  package var now: Int64 { replica.clock.now }

  /// What a turn of the loop has to say goes out together at its end: under load that is many calls in one write.
  package func flush() {
    guard !isFlushing else { return }
    isFlushing = true
    let bound = NIOLoopBound(self, eventLoop: loop)
    loop.execute {
      bound.value.isFlushing = false
      bound.value.client.flush()
    }
  }

  package func admit(
    _ admission: Admission, _ completion: @escaping (Result<Admission.Reply, StateFailure>) -> Void
  ) {
    run(scripts.limits.admit, ScriptCall(admission)) { result in
      completion(
        result.flatMap {
          $0.numbers.flatMap(Admission.Reply.init).map(Result.success) ?? .failure(.malformed)
        })
    }
  }

  package func settle(
    _ settling: Settling, _ completion: @escaping (Result<Settling.Reply, StateFailure>) -> Void
  ) {
    run(scripts.limits.settle, ScriptCall(settling)) { result in
      completion(
        result.flatMap {
          switch $0.numbers {
          case [1]: .success(.settled)
          case [0]: .success(.gone)
          default: .failure(.malformed)
          }
        })
    }
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
    let check = RedisSettingsCheck(keepsRecords: false, workers: workers, replicas: replica.replicas)
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
    let deadline = NIODeadline.now() + timeout
    let key = call.keys[0]
    client.send(call.command("EVALSHA", script.sha), key: key, by: deadline) { [weak self] result in
      guard let self else { return completion(.failure(.unavailable)) }
      guard case .success(.error(.noScript)) = result else { return finish(result, completion) }
      // A Redis that was restarted, or another one: it learns the script by running it.
      client.send(call.command("EVAL", script.source), key: key, by: deadline) { [weak self] result in
        guard let self else { return completion(.failure(.unavailable)) }
        finish(result, completion)
      }
      flush()
    }
  }

  private func finish(
    _ result: Result<Reply, RedisConnection.Failure>, _ completion: (Result<Reply, StateFailure>) -> Void
  ) {
    let outcome = Self.outcome(result)
    switch outcome {
    case .success: note(replica.succeeded(Self.monotonic), because: nil)
    case .failure(.refused(let error)) where error.isOfTheKey: tell(.foreignValue("\(error)"))
    case .failure(.unavailable): break  // nothing was sent, which says nothing of the rest of Redis
    case .failure(let failure): note(replica.failed(Self.monotonic), because: failure)
    }
    completion(outcome)
  }

  private static func outcome(_ result: Result<Reply, RedisConnection.Failure>) -> Result<Reply, StateFailure>
  {
    switch result {
    case .success(.error(let error)): .failure(.refused(error))
    case .success(let reply): .success(reply)
    case .failure(.timeout): .failure(.timeout)
    case .failure(.disconnected): .failure(.lost)
    case .failure(.unsent): .failure(.unavailable)
    }
  }

  private func note(_ change: LinkBreaker.Change, because failure: StateFailure?) {
    switch change {
    case .none: break
    case .opened(let pause):
      // A Redis that comes and goes is told of once, and again where it stays away.
      let isNews = pause == LinkBreaker.firstPause || pause == LinkBreaker.longestPause
      if isNews, let failure { tell(.away(failure)) }
    case .closed: tell(.back)
    }
  }

  private static var monotonic: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }
}

/// All scripts; read and hashed once.
struct StateScripts: Sendable {
  let limits = LimitScripts()
  let keys = KeyScripts()
  let presence = Script(PackageResources.presence_lua)

  static let shared = StateScripts()
}

extension RedisError {
  /// The key's value is the trouble, not Redis.
  var isOfTheKey: Bool {
    switch self {
    case .wrongType: true
    case .other(let text): text.contains("BADVALUE") || text.contains("WRONGTYPE")
    default: false
    }
  }
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
