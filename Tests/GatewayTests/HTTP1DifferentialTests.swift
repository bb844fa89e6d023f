import Foundation
import Gateway
import Testing

/// Our parser beside NIO's (llhttp): ours may refuse more, but what it accepts, NIO accepts as the same requests.
///
/// `SWITCHYARD_FUZZ` sets the number of inputs.
struct HTTP1DifferentialTests {
  /// Why NIO may refuse what we accept.
  fileprivate enum Excuse: String {
    /// llhttp has a list of methods; ours takes every token, and the router answers 405.
    case unknownMethod = "a method that llhttp does not know"
    /// A header of no standard, which llhttp takes for Connection; ours ignores it, and what follows is a request.
    case proxyConnection = "Proxy-Connection: close"
    /// NIO reads nothing behind a request that asks for an upgrade; ours never upgrades, and what follows is a request.
    case upgrade = "Upgrade"
  }

  private struct Tally {
    var inputs = 0
    var accepted = 0
    var requests = 0
    var excused: [String: Int] = [:]
  }

  @Test func whatWeAcceptNIOReadsTheSame() throws {
    let count = ProcessInfo.processInfo.environment["SWITCHYARD_FUZZ"].flatMap { Int($0) } ?? 20_000
    var corpus = HTTP1Corpus(seed: 20_26)
    var tally = Tally()
    for _ in 0..<count {
      let (input, cuts) = corpus.next()
      let ours = HTTP1Transcript(ours: input)
      try compare(ours, try HTTP1Transcript(nio: input), input, &tally)
      if HTTP1Transcript(ours: input, cuts: cuts) != ours {
        Issue.record("cut at \(cuts): \(String(decoding: input, as: UTF8.self).debugDescription)")
      }
    }
    #expect(tally.accepted * 10 > count, "the corpus is too bad to tell anything")
    print(
      "\(tally.inputs) inputs, \(tally.accepted) accepted, \(tally.requests) requests compared, excused: \(tally.excused)"
    )
  }

  private func compare(
    _ ours: HTTP1Transcript, _ nio: HTTP1Transcript, _ input: [UInt8], _ tally: inout Tally
  ) throws {
    tally.inputs += 1
    tally.requests += ours.completed.count
    if ours.kind == nil { tally.accepted += 1 }
    if let excuse = excuse(ours, nio) {
      tally.excused[excuse.rawValue, default: 0] += 1
    } else if !agrees(ours, nio) {
      Issue.record(
        """
        \(String(decoding: input, as: UTF8.self).debugDescription)
        ours \(ours)
        NIO  \(nio)
        """)
    }
  }

  private func agrees(_ ours: HTTP1Transcript, _ nio: HTTP1Transcript) -> Bool {
    switch ours.end {
    case .idle: ours.requests == nio.requests && nio.end == .idle
    // NIO may see in part of a line already that it will be refused.
    case .incomplete where nio.end != .idle: nio.completed == ours.completed
    // NIO refuses what follows a request that was to be the last; ours ignores it.
    case .incomplete, .closed: ours.requests == nio.requests
    case .failed: nio.requests.starts(with: ours.completed)
    }
  }

  private func excuse(_ ours: HTTP1Transcript, _ nio: HTTP1Transcript) -> Excuse? {
    let count = nio.requests.count
    guard count < ours.requests.count, ours.requests.starts(with: nio.requests) else { return nil }
    let last = (nio.requests.last?.fields ?? []).map { $0.lowercased() }
    if last.contains(where: { $0.hasPrefix("upgrade=") }), last.contains("connection=upgrade") {
      return .upgrade
    }
    guard nio.end != .idle else { return nil }
    if !Self.known.contains(ours.requests[count].method) { return .unknownMethod }
    return last.contains("proxy-connection=close") ? .proxyConnection : nil
  }
}

extension HTTP1DifferentialTests {
  fileprivate static let known = Set(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
}
