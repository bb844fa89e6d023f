import NIOCore
import Policy

/// A cluster: a map of slots, and a link to each primary.
final class ClusterTopology: RedisTopology {
  /// A call, and how far it was sent about.
  private struct Call {
    let command: ByteBuffer
    let slot: Int
    let deadline: NIODeadline
    let completion: RedisConnection.Completion
    var redirections = Redirections()
  }

  /// How long a call waits before it asks again for a slot that is on its way.
  static let pause = TimeAmount.milliseconds(5)

  private let address: RedisAddress
  private let seeds: [RedisServer.Address]
  private let dialer: RedisDialer
  private let tell: (RedisClient.News) -> Void
  private var map: SlotMap?
  private var nodes: [RedisServer.Address: ClusterNode] = [:]
  private var schedule = MapSchedule()
  private var random = Chance(seed: .random(in: 0...UInt64.max))
  private var timer: Scheduled<Void>?
  /// The next seed to be asked where no node answers.
  private var seed = 0
  private var isUp = false
  private var isClosed = false

  init(
    _ address: RedisAddress, _ seeds: [RedisServer.Address], over dialer: RedisDialer,
    tell: @escaping (RedisClient.News) -> Void
  ) {
    self.address = address
    self.seeds = seeds
    self.dialer = dialer
    self.tell = tell
    seed = random.below(seeds.count)
  }

  var isReady: Bool { isUp }
  var primaries: [RedisLink] { nodes.values.filter { $0.isListed && $0.isReady }.map(\.link) }

  func start() { wantMap() }

  func close() {
    isClosed = true
    isUp = false
    timer?.cancel()
    for node in nodes.values { node.close() }
    nodes = [:]
  }

  func flush() { for node in nodes.values { node.flush() } }

  // MARK: Calls

  func send(
    _ command: ByteBuffer, key: String, by deadline: NIODeadline,
    _ completion: @escaping RedisConnection.Completion
  ) {
    send(Call(command: command, slot: HashSlot.of(key), deadline: deadline, completion: completion))
  }

  private func send(_ call: Call) {
    guard let owner = map?.owner(of: call.slot) else {
      wantMap()
      return call.completion(.failure(.unsent))
    }
    send(call, to: owner, asking: false)
  }

  private func send(_ call: Call, to address: RedisServer.Address, asking: Bool) {
    guard !isClosed else { return call.completion(.failure(.unsent)) }
    node(at: address).send(call.command, asking: asking, by: call.deadline) { [weak self] result in
      guard let self, case .success(let reply) = result else { return call.completion(result) }
      answered(call, by: address, reply)
    }
  }

  private func answered(_ call: Call, by address: RedisServer.Address, _ reply: Reply) {
    var call = call
    switch call.redirections.answered(reply, by: address) {
    case .deliver:
      if case .error(.clusterDown) = reply { wantMap() }
      if case .error(.moved) = reply { wantMap() }
      call.completion(.success(reply))
    case .move(let slot, let address):
      map?.move(slot, to: address)
      wantMap()
      send(call, to: address, asking: false)
      nodes[address]?.flush()
    case .ask(let address):
      send(call, to: address, asking: true)
      nodes[address]?.flush()
    case .again: sendAgain(call, reply)
    }
  }

  /// The reply is the answer where no time is left.
  private func sendAgain(_ call: Call, _ reply: Reply) {
    let time = NIODeadline.now() + Self.pause
    guard time < call.deadline else { return call.completion(.success(reply)) }
    let bound = NIOLoopBound((topology: self, call: call), eventLoop: dialer.loop)
    dialer.loop.scheduleTask(deadline: time) {
      bound.value.topology.send(bound.value.call)
      bound.value.topology.flush()
    }
  }

  // MARK: Nodes

  private func node(at address: RedisServer.Address) -> ClusterNode {
    if let node = nodes[address] { return node }
    let node = ClusterNode(
      self.address.server(at: address), over: dialer, tell: { [weak self] in self?.heard($0, of: address) })
    nodes[address] = node
    node.start()
    return node
  }

  private func heard(_ news: RedisLink.News, of address: RedisServer.Address) {
    guard let node = nodes[address], node.isListed else { return }
    switch news {
    case .up: break
    case .down: wantMap()
    case .failed(let reason):
      wantMap()
      tell(.failed("\(address): \(reason)"))
    }
    weigh()
  }

  /// Up once every primary was reached or found to be away, and one is there; down when none is. Told again when all are there,
  /// which ends what was told of a part.
  private func weigh() {
    let listed = nodes.values.filter(\.isListed)
    let isAnyReady = listed.contains(where: \.isReady)
    if isUp, !isAnyReady {
      isUp = false
      tell(.down)
    } else if isAnyReady, listed.allSatisfy({ isUp ? $0.isReady : $0.isKnown }) {
      isUp = true
      tell(.up)
    }
  }

  // MARK: Map

  private func wantMap() { follow(schedule.wanted(now: now, random: &random)) }

  private var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }

  private func follow(_ action: MapSchedule.Action) {
    guard !isClosed, case .ask(let nanoseconds) = action else { return }
    timer?.cancel()
    let bound = NIOLoopBound(self, eventLoop: dialer.loop)
    timer = dialer.loop.scheduleTask(in: .nanoseconds(nanoseconds)) { bound.value.askForMap() }
  }

  /// Asks a primary that is there, else the next seed.
  private func askForMap() {
    schedule.asked(now: now)
    let command = ["CLUSTER", "SLOTS"]
    if let node = nodes.values.filter({ $0.isListed && $0.isReady }).randomElement(using: &random) {
      var bytes = ByteBuffer()
      bytes.writeCommand(command)
      node.link.send(bytes, by: .now() + dialer.timeout) { [weak self, address = node.address] result in
        self?.learnt(result.mapError { RedisProbe.Failure(reason: "\($0)") }, from: address)
      }
      return node.flush()
    }
    let address = seeds[seed]
    seed = (seed + 1) % seeds.count
    RedisProbe.ask(self.address.server(at: address), [command], over: dialer) { [weak self] result in
      self?.learnt(result.map { $0[0] }, from: address)
    }
  }

  private func learnt(_ result: Result<Reply, RedisProbe.Failure>, from address: RedisServer.Address) {
    guard !isClosed else { return }
    var map: SlotMap?
    switch result {
    case .success(let reply):
      map = SlotMap(reply, from: address)
      if map == nil { tell(.failed(said(reply, address))) }
    case .failure(let failure):
      dialer.forgetAuthorities()
      tell(.failed("\(address): \(failure.reason)"))
    }
    if let map { take(map) }
    follow(schedule.answered(isMap: map != nil, now: now, random: &random))
    if primariesAreAway { wantMap() }
  }

  private func said(_ reply: Reply, _ address: RedisServer.Address) -> String {
    switch reply {
    case .error(.denied(let text)), .error(.other(let text)): "\(address): \(text)"
    default: "\(address): it knows no slots: join it to a cluster, or begin the URL with redis://"
    }
  }

  private var primariesAreAway: Bool { nodes.values.contains { $0.isListed && $0.isKnown && !$0.isReady } }

  private func take(_ map: SlotMap) {
    self.map = map
    for address in map.primaries { node(at: address).isListed = true }
    for node in nodes.values where !map.primaries.contains(node.address) { part(with: node) }
    for node in nodes.values { node.isUsed = false }
    tell(.primary(map.primaries.map(\.description).sorted().joined(separator: ", ")))
    weigh()
  }

  /// A node that isn't listed may still take over a slot: it stays while it is called.
  private func part(with node: ClusterNode) {
    node.isListed = false
    guard !node.isUsed || (node.isKnown && !node.isReady) else { return }
    nodes[node.address] = nil
    node.close()
  }
}
