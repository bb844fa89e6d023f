import Foundation
import NIOConcurrencyHelpers
import Policy
import TestSupport
import Testing

@testable import Coordination

private let changes = ProcessInfo.processInfo.environment["LEADER_CHANGES"].flatMap(Int.init) ?? 30

/// I6 on a real Redis: candidates that stand still at random, also between being elected and writing.
///
/// `LEADER_CHANGES` says how many changes of leadership; 1,000 take some five minutes.
@Suite(.needsRedis, .timeLimit(.minutes(changes > 100 ? 60 : 3)))
struct ControlContentionTests {
  private static let candidates = 5
  private static let lease: Int64 = 300

  /// What was seen, by all candidates.
  private struct Seen: Sendable {
    /// Who was told that it leads in an epoch.
    var leaders: [Int64: Set<String>] = [:]
    /// Epochs that a version was stored in.
    var versions: [Int64: [Int64]] = [:]
    /// Writes that were stored though somebody had been elected since.
    var stale = 0
    var fenced = 0
    var conflicts = 0
  }

  @Test func onlyWhoLeadsWrites() async throws {
    let redis = try RedisUnderTest()
    let url = "unix://\(redis.socket)"
    let box = NIOLockedValueBox(Seen())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<Self.candidates {
        group.addTask { try await Self.stand(url, "c\(number)", box) }
      }
      try await group.waitForAll()
    }
    let seen = box.withLockedValue { $0 }
    print(
      "\(seen.leaders.count) leaderships, \(seen.versions.count) versions, \(seen.fenced) writes fenced off,",
      "\(seen.conflicts) conflicts")
    #expect(seen.leaders.count >= changes)
    #expect(seen.leaders.values.allSatisfy { $0.count == 1 }, "an epoch has one leader")
    #expect(seen.versions.values.allSatisfy { $0.count == 1 }, "a version is written once")
    #expect(seen.versions.keys.sorted() == Array(1...Int64(seen.versions.count)), "none is missing")
    let epochs = seen.versions.sorted { $0.key < $1.key }.compactMap(\.value.first)
    #expect(epochs == epochs.sorted(), "epochs never fall in the order of versions")
    #expect(seen.stale == 0, "who was elected last is the only one who writes")
    #expect(seen.fenced > 0, "somebody stood still while another one was elected")
    #expect(seen.conflicts == 0)
    // What Redis says of it.
    let lines = try #require(
      ControlReplies.audit(Reply(told: try redis.send("XRANGE", "sy:{ro}:audit", "-", "+"))))
    #expect(lines.count == seen.versions.count || lines.count >= ControlAudit.most)
    #expect(
      lines.allSatisfy {
        $0["ver"].flatMap { Int64($0) }.map { seen.versions[$0]?.first } == $0["epoch"].flatMap { Int64($0) }
      })
    let last = try redis.send("HGET", "sy:{ro}:cfg", "m:chat").string
    #expect(last == "active=\(seen.versions.count)")
  }

  private static func stand(_ url: String, _ id: String, _ seen: NIOLockedValueBox<Seen>) async throws {
    let control = try await ControlUnderTest(url, name: id)
    var random = SystemRandomNumberGenerator()
    while seen.withLockedValue({ $0.leaders.count }) < changes {
      guard case .held(let epoch, _) = try await control.ask({ $0.takeLease(id, for: lease, $1) }) else {
        try await Task.sleep(for: .milliseconds(.random(in: 5..<40, using: &random)))
        continue
      }
      let leader = ControlLeader(id: id, epoch: epoch)
      seen.withLockedValue { _ = $0.leaders[epoch, default: []].insert(id) }
      try await write(control, leader, seen, &random)
      if Int.random(in: 0..<6, using: &random) == 0 {
        _ = try await control.ask { $0.releaseLease(leader, $1) }
      }
    }
    try await control.close()
  }

  /// Reads, stands still now and then, and writes.
  private static func write(
    _ control: ControlUnderTest, _ leader: ControlLeader, _ seen: NIOLockedValueBox<Seen>,
    _ random: inout SystemRandomNumberGenerator
  ) async throws {
    let config = try await control.ask { $0.readConfig($1) }
    if Int.random(in: 0..<5, using: &random) == 0 {
      try await Task.sleep(for: .milliseconds(.random(in: 100..<700, using: &random)))
    }
    let model = try #require(ControlModel("chat"))
    let version = (config?.position.version ?? 0) + 1
    let put = try #require(
      ControlPut(
        leader, from: config?.lines ?? [:], at: version - 1, to: [model: "active=\(version)"],
        version: version, audits: [ControlAudit(["who": leader.id])]))
    let newest = seen.withLockedValue { $0.leaders.keys.max() ?? 0 }
    switch try await control.ask({ $0.put(put, $1) }) {
    case .stored(let version):
      seen.withLockedValue {
        $0.versions[version, default: []].append(leader.epoch)
        if newest > leader.epoch { $0.stale += 1 }
      }
    case .fenced: seen.withLockedValue { $0.fenced += 1 }
    case .conflict: seen.withLockedValue { $0.conflicts += 1 }
    case .vetoed(let field): Issue.record("\(field) is vetoed by nobody")
    }
  }
}
