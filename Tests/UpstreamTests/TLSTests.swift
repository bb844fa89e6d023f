import Foundation
import TestSupport
import Testing

@testable import Upstream

/// Who may answer over TLS. The certificates are made afresh, so that none expires in the repository.
@Suite(
  .enabled(if: Certificates.canBeMade || isCI, "the openssl command is missing"), .timeLimit(.minutes(5)))
struct TLSTests {
  private func outcome(
    _ way: LoopUnderTest.Way = .http1, certificate: String, authority: String?
  ) async throws -> Recorder.Outcome {
    let (certificates, server) = try await onThread {
      let certificates = try Certificates()
      return (certificates, try TLSServer(certificates, certificate))
    }
    let outcome = try await withLoop(way) { loop in
      var configuration = TransferTarget(url: "https://127.0.0.1:\(server.port)/")
      configuration.method = .get
      // A machine that is busy takes its time to read the system's authorities: what is tried is who may answer, not how soon.
      configuration.connectTimeout = .seconds(60)
      configuration.caFile = authority.map { certificates.path($0 + ".pem") }
      return try await loop.fetch(on: loop.pool(configuration))
    }
    try await onThread { server.stop() }
    return outcome
  }

  @Test(arguments: LoopUnderTest.curlWays) func ourOwnAuthorityIsAccepted(_ way: LoopUnderTest.Way)
    async throws
  {
    let outcome = try await outcome(way, certificate: "good", authority: "ca")
    #expect(outcome.failure == nil)
    #expect(outcome.status == 200)
    #expect(outcome.text.contains("Cipher"))
  }

  @Test(arguments: [
    (certificate: "good", authority: nil), ("good", "other"), ("expired", "ca"), ("misnamed", "ca"),
  ])
  func certificatesThatProveNothingAreRefused(certificate: String, authority: String?) async throws {
    let outcome = try await outcome(certificate: certificate, authority: authority)
    #expect(outcome.failure?.kind == .tls)
    #expect(outcome.status == 0)
  }

  @Test func anAuthorityThatCannotBeReadIsATLSFailure() async throws {
    let outcome = try await outcome(certificate: "good", authority: "missing")
    #expect(outcome.failure?.kind == .tls)
  }

  @Test func aServerWithoutTLSIsATLSFailure() async throws {
    try await withServer({ peer in
      _ = peer.stream.readMore()
      peer.answer("plain")
    }) { server in
      try await withLoop(.http1) { loop in
        let outcome = try await loop.fetch(on: loop.pool("https://127.0.0.1:\(server.port)/"))
        #expect(outcome.failure?.kind == .tls)
      }
    }
  }
}

/// Where a missing tool is a failure, not a reason to skip.
private let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
