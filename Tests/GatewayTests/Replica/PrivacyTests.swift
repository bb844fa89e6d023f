import Coordination
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Policy
import Settings
import Synchronization
import TestSupport
import Testing

@testable import Gateway

extension ReplicaTests {
  /// Data goes only where it may be seen, whichever way a request takes: everything is on at once.
  struct PrivacyTests {
    /// `PRIVACY_REQUESTS=10000` makes more of them.
    private static let count =
      ProcessInfo.processInfo.environment["PRIVACY_REQUESTS"].flatMap { Int($0) } ?? 600
    private static let lanes = 16

    @Test func whateverWayARequestGoesOnlyThoseSeeItThatMay() async throws {
      let mood = Mood()
      let script: ScriptedProvider.Script = { Self.answer($0, mood) }
      try await withProvider(script) { provider in
        let settings = try PrivacyCase.settings(at: provider.url)
        let options = ReplicaUnderTest.Options(edit: { $0 = settings })
        try await withReplica(of: [provider], options) { test in
          try await Self.tryVersions(test, settings)
          let run = PrivacyRun(seed: 7, count: Self.count)
          try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.lanes { group.addTask { try await run.drive(test) } }
            try await group.waitForAll()
          }
          let shadows = test.replica.rollouts.shadows
          #expect(try await eventually { shadows.active == 0 })
          #expect(try await test.untilIdle() == [])
          run.look(at: provider.requests)
          print(run.report)
          #expect(run.strays == [])
          #expect(PrivacyRun.features.filter { run.counts[$0, default: 0] == 0 } == [])
        }
      }
    }

    /// Puts versions in force, and waits until copies may be paid for.
    private static func tryVersions(_ test: ReplicaUnderTest, _ settings: Settings) async throws {
      let (desk, rollouts) = (test.replica.rollouts, try PrivacyCase.rollouts())
      let candidates = rollouts.models.compactMapValues(\.state.candidate)
      #expect(candidates.count == 2)
      desk.evidence.apply(candidates, now: StateClock.monotonicMilliseconds())
      desk.shadows.apply(["duo"])
      await test.replica.take(rollouts)
      let terms = settings.rollout.shadow
      #expect(
        try await eventually {
          desk.shadows.obstacle("duo", terms, now: StateClock.monotonicMilliseconds()) == nil
        })
    }

    /// The deployment says who it is; of those that clients wait for, some fail, and some never answer.
    private static func answer(
      _ request: ScriptedProvider.Request, _ mood: Mood
    ) -> ScriptedProvider.Behaviour {
      let name = PrivacyRun.deployment(of: request)
      guard request.fields["x-switchyard-arm"].isEmpty else { return .answer("from \(name)") }
      switch mood.next() % 20 {
      case 0, 7, 14: return .status(500, [:], #"{"error":{"message":"no"}}"#)
      case 13: return .silence
      default: break
      }
      guard request.isStream else { return .answer("from \(name)") }
      return .stream(.init(count: 3, pause: .milliseconds(1), content: { _ in "from \(name) " }))
    }
  }

  private final class Mood: Sendable {
    private let turn = Atomic(0)
    func next() -> Int { turn.wrappingAdd(1, ordering: .relaxed).newValue }
  }
}

/// Sends requests, and sets down what became of them.
private final class PrivacyRun: Sendable {
  private struct Book: Sendable {
    var source: PrivacyGenerator
    /// By the mark of a request, who may see it: all who may of two that have the same body.
    var allowed: [Int: Set<String>] = [:]
    var classed: Set<Int> = []
    var strays: [String] = []
    var counts: [String: Int] = [:]
  }

  /// What has to be among the requests, or nothing is shown.
  static let features = [
    "named model", "no model", "cache hit", "collapsed", "experiment", "shadow", "judge",
    "key of a class", "header of a class", "text of a class", "masked of a class", "refused of a class",
    "served of a class", "clinic of a class", "ward of a class", "short of a class", "swap of a class",
    "stream of a class", "responses of a class", "experiment of a class", "canary of a class",
    "session of a class", "queue of a class", "pinned of a class", "shadow of a class", "judge of a class",
    "hedge of a class", "retry of a class", "fallback of a class", "steered of a class", "again of a class",
  ]

  private let book: NIOLockedValueBox<Book>

  init(seed: UInt64, count: Int) {
    book = NIOLockedValueBox(Book(source: PrivacyGenerator(seed: seed, count: count)))
  }

  var strays: [String] { book.withLockedValue { Array($0.strays.prefix(20)) } }
  var counts: [String: Int] { book.withLockedValue { $0.counts } }
  var report: String {
    counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "\n")
  }

  /// The first part of the path.
  static func deployment(of request: ScriptedProvider.Request) -> String {
    request.target.split(separator: "/").first.map(String.init) ?? ""
  }

  // MARK: Clients

  /// One of several that send at the same time, each over two connections.
  func drive(_ test: ReplicaUnderTest) async throws {
    let clients = [try await test.connect(), try await test.connect()]
    while true {
      let cases = next()
      guard !cases.isEmpty else { break }
      for (client, one) in zip(clients, cases) { client.send(one.request) }
      for (client, one) in zip(clients, cases) {
        let answer = try await client.message()
        note(answer, of: one)
        if let ticket = answer.first("x-switchyard-feedback"), one.mark % 2 == 0 {
          client.send(one.rejection(of: ticket))
          _ = try await client.message()
        }
      }
    }
    for client in clients { client.close() }
  }

  private func next() -> [PrivacyCase] {
    book.withLockedValue { book in
      let cases = book.source.next()
      for one in cases {
        book.allowed[one.mark, default: []].formUnion(one.allowed)
        if !one.classes.isEmpty { book.classed.insert(one.mark) }
      }
      return cases
    }
  }

  /// Where an answer comes from is told by itself, kept, followed or not.
  private func note(_ answer: HTTPMessage, of one: PrivacyCase) {
    let strays = PrivacyCase.answerers(in: answer.text).filter { !one.allowed.contains($0) }
    let told = one.classes.sorted().joined(separator: ",")
    book.withLockedValue { book in
      for name in strays { book.strays.append("\(one.mark) (\(told)) was answered by \(name)") }
      for feature in Self.features(of: one, answer) {
        book.counts[feature, default: 0] += 1
        if !one.classes.isEmpty { book.counts["\(feature) of a class", default: 0] += 1 }
      }
    }
  }

  private static func features(of one: PrivacyCase, _ answer: HTTPMessage) -> [String] {
    var features = [one.model == nil ? "no model" : "named model", "all"] + [one.desk].compactMap { $0 }
    func note(_ name: String, _ isOne: Bool) { if isOne { features.append(name) } }
    note("stream", one.isStream)
    note("responses", one.isResponses)
    note("key", !one.key.classes.isEmpty)
    note("header", !one.declared.isEmpty)
    note("text", !one.pieces.isEmpty)
    note("session", one.session != nil)
    note("served", answer.status == 200)
    note("masked", one.isMasked && answer.status == 200)
    note("refused", answer.status == 403)
    note("steered", answer.first("x-switchyard-steered") != nil)
    // Nobody falls back from these to that one: its rule sent it there.
    let isElsewhere = ["duo", "lab", "pool", "open"].contains(one.model) && one.desk == nil
    note("again", isElsewhere && answer.first("x-switchyard-model") == "back")
    for arm in ["canary", "pinned"] { note(arm, answer.first("x-switchyard-arm") == arm) }
    let (hedge, fallback) = (answer.first("x-switchyard-hedge"), answer.first("x-switchyard-fallback"))
    note("experiment", answer.first("x-switchyard-experiment") != nil)
    note("hedge", hedge != nil)
    note("fallback", fallback != nil)
    let attempts = answer.first("x-switchyard-attempts") ?? "1"
    note("retry", hedge == nil && fallback == nil && attempts != "1")
    note("queue", (answer.first("server-timing") ?? "").contains("queue;"))
    let status = answer.first("cache-status") ?? ""
    for (name, word) in [("cache hit", "hit"), ("stale", "STALE"), ("collapsed", "collapsed")] {
      note(name, status.contains(word))
    }
    return features
  }

  // MARK: Providers

  /// All that deployments saw: attempts of whichever kind, copies and questions about them.
  func look(at requests: [ScriptedProvider.Request]) {
    book.withLockedValue { book in
      for request in requests { Self.look(at: request, &book) }
    }
  }

  private static func look(at request: ScriptedProvider.Request, _ book: inout Book) {
    let (name, arm) = (deployment(of: request), request.fields["x-switchyard-arm"].first)
    guard let mark = PrivacyCase.mark(in: request.body), let allowed = book.allowed[mark] else {
      return book.strays.append("\(name) saw what nobody sent")
    }
    let what = arm ?? "request"
    if !allowed.contains(name) { book.strays.append("\(name) saw \(mark) as a \(what)") }
    if request.body.contains(PrivacyCase.Piece.secret),
      PrivacyCase.cleared[name]?.contains("staff") != true
    {
      book.strays.append("\(name) saw \(mark) unmasked as a \(what)")
    }
    guard let arm else { return }
    book.counts[arm, default: 0] += 1
    if book.classed.contains(mark) { book.counts["\(arm) of a class", default: 0] += 1 }
  }
}
