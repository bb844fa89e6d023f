import CHiredis
import Foundation
import TestSupport

/// A `redis-server` of a test's own, on a Unix socket in a folder of its own, with one blocking connection. By its settings it may
/// listen elsewhere too.
final class RedisUnderTest {
  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  private static let program = "/usr/bin/redis-server"
  static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

  private var process: ChildProcess
  private var isAlive = true
  private let folder: URL
  private let settings: [String]
  private var connection: UnsafeMutablePointer<redisContext>
  var socket: String { folder.appending(path: "redis").path }

  /// Starts the server with further settings, and waits until it answers. A sentinel is one with lines of configuration.
  init(_ settings: [String] = [], sentinel lines: [String] = []) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "sy-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    if lines.isEmpty {
      self.settings = ["--save", ""] + settings
    } else {
      let file = folder.appending(path: "sentinel.conf")
      try (lines.joined(separator: "\n") + "\n").write(to: file, atomically: true, encoding: .utf8)
      self.settings = settings + ["--sentinel"]
    }
    process = try Self.start(in: folder, self.settings, hasFile: !lines.isEmpty)
    connection = try Self.connect(to: folder.appending(path: "redis").path, process)
  }

  /// A server on a port of 127.0.0.1 that was free when it was chosen, and that the port too.
  static func onPort(
    _ settings: [String] = [], sentinel lines: [String] = []
  ) throws -> (redis: RedisUnderTest, port: Int) {
    for _ in 0..<20 {
      let port = freePort()
      let settings = ["--port", "\(port)", "--bind", "127.0.0.1"] + settings
      if let redis = try? RedisUnderTest(settings, sentinel: lines) { return (redis, port) }
    }
    throw Failed(description: "redis-server found no port")
  }

  /// A Cluster that has all slots on one node.
  static func clusterOfOne() throws -> RedisUnderTest {
    let (redis, _) = try onPort(["--cluster-enabled", "yes"])
    guard try redis.send(["CLUSTER", "ADDSLOTS"] + (0..<16_384).map(String.init)) == .text("OK") else {
      throw Failed(description: "the node takes no slots")
    }
    for _ in 0..<500 {
      if case .text(let info) = try redis.send("CLUSTER", "INFO"), info.contains("cluster_state:ok") {
        return redis
      }
      usleep(10_000)
    }
    throw Failed(description: "the cluster did not stand up")
  }

  /// Below the ports that the system gives out by itself; 10,000 more is free too, for a cluster's bus.
  static func freePort() -> Int {
    while true {
      let port = Int.random(in: 10_000..<22_000)
      if isFree(port), isFree(port + 10_000) { return port }
    }
  }

  private static func isFree(_ port: Int) -> Bool {
    let descriptor = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  private static func start(in folder: URL, _ settings: [String], hasFile: Bool) throws -> ChildProcess {
    let socket = folder.appending(path: "redis").path
    return try ChildProcess(
      program,
      (hasFile ? [folder.appending(path: "sentinel.conf").path] : [])
        + ["--port", "0", "--unixsocket", socket, "--dir", folder.path, "--logfile", "redis.log"] + settings)
  }

  /// Ends the server as a crash does: nothing is said to anyone.
  func crash() {
    guard isAlive else { return }
    isAlive = false
    process.signal(SIGKILL)
    process.wait()
  }

  /// Has it hang, until it goes on.
  func hang() { process.signal(SIGSTOP) }
  func goOn() { process.signal(SIGCONT) }

  /// Starts it again, where it was, and empty.
  func restart() throws {
    let hasFile = settings.contains("--sentinel")
    process = try Self.start(in: folder, settings, hasFile: hasFile)
    isAlive = true
    redisFree(connection)
    connection = try Self.connect(to: socket, process)
  }

  private static func connect(
    to socket: String, _ process: ChildProcess
  ) throws -> UnsafeMutablePointer<redisContext> {
    var last = "no connection"
    for _ in 0..<500 where process.isRunning {
      guard let connection = redisConnectUnix(socket) else { continue }
      if connection.pointee.err == 0 { return connection }
      last = errorText(connection)
      redisFree(connection)
      usleep(10_000)
    }
    process.signal(SIGKILL)
    process.wait()
    throw Failed(description: "redis-server did not start: \(last)")
  }

  private static func errorText(_ connection: UnsafeMutablePointer<redisContext>) -> String {
    withUnsafeBytes(of: connection.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  deinit {
    redisFree(connection)
    crash()
    try? FileManager.default.removeItem(at: folder)
  }

  indirect enum Reply: Equatable {
    case text(String)
    case number(Int64)
    case list([Reply])
    case none
    case error(String)
  }

  /// Sends one command and waits for its reply.
  func send(_ words: [String]) throws -> Reply {
    var lengths = words.map(\.utf8.count)
    let copies = words.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    var pointers = copies.map { UnsafePointer($0) }
    guard let reply = redisCommandArgv(connection, Int32(words.count), &pointers, &lengths) else {
      throw Failed(description: Self.errorText(connection))
    }
    defer { freeReplyObject(reply) }
    return Self.read(reply.assumingMemoryBound(to: redisReply.self).pointee)
  }

  func send(_ words: String...) throws -> Reply { try send(words) }

  private static func read(_ reply: redisReply) -> Reply {
    let text: () -> String = {
      let bytes = UnsafeRawBufferPointer(start: reply.str, count: Int(reply.len))
      return String(decoding: bytes, as: UTF8.self)
    }
    switch reply.type {
    case REDIS_REPLY_INTEGER: return .number(reply.integer)
    case REDIS_REPLY_NIL: return .none
    case REDIS_REPLY_ERROR: return .error(text())
    case REDIS_REPLY_ARRAY:
      return .list(
        (0..<Int(reply.elements)).map { index in
          guard let element = reply.element[index] else { return .none }
          return read(element.pointee)
        })
    default: return .text(text())
    }
  }
}

extension RedisUnderTest.Reply {
  var numbers: [Int64]? {
    guard case .list(let replies) = self else { return nil }
    return replies.map { if case .number(let number) = $0 { number } else { -99 } }
  }
}
