import TestSupport
import Testing

@testable import Coordination

/// Who may answer over TLS. The certificates are made afresh, so that none expires in the repository.
@Suite(.needsRedis, .needsOpenSSL, .timeLimit(.minutes(2)))
struct RedisTLSTests {
  private func withRedis(
    certificate: String = "good", _ body: (Certificates, _ host: String) async throws -> Void
  ) async throws {
    let certificates = try await onThread { try Certificates() }
    let port = RedisUnderTest.freePort()
    let redis = try RedisUnderTest([
      "--tls-port", "\(port)", "--bind", "127.0.0.1", "--tls-auth-clients", "no",
      "--tls-cert-file", certificates.path(certificate + ".pem"),
      "--tls-key-file", certificates.path("server.key"), "--tls-ca-cert-file", certificates.path("ca.pem"),
    ])
    try await body(certificates, "127.0.0.1:\(port)")
    redis.crash()
  }

  @Test func ourOwnAuthorityIsAccepted() async throws {
    try await withRedis { certificates, host in
      let file = certificates.path("ca.pem")
      let client = try await ClientUnderTest.start(RedisAddress("rediss://\(host)", caFile: file))
      #expect(try await eventually { client.told == [.primary(host), .up] })
      #expect(try await client.call("SET", "a", "1") == .text("OK"))
      let large = String(repeating: "x", count: 1 << 20)
      #expect(try await client.call("SET", "a", large) == .text("OK"))
      #expect(try await client.call("GET", "a") == .text(large))
      let listener = try await ListenerUnderTest.start(
        RedisAddress("rediss://\(host)", caFile: file), channels: ["a"])
      #expect(try await eventually { listener.subscriptions == 1 })
      _ = try await client.call("PUBLISH", "a", "1")
      #expect(try await eventually { listener.heard == ["a 1"] })
      try await listener.close()
      try await client.close()
    }
  }

  @Test(arguments: [
    (certificate: "good", authority: nil), ("good", "other"), ("expired", "ca"), ("misnamed", "ca"),
    ("named", "ca"),
  ])
  func certificatesThatProveNothingAreRefused(certificate: String, authority: String?) async throws {
    try await withRedis(certificate: certificate) { certificates, host in
      let file = authority.map { certificates.path($0 + ".pem") }
      let client = try await ClientUnderTest.start(RedisAddress("rediss://\(host)", caFile: file))
      #expect(try await eventually { client.reasons.contains { $0.lowercased().contains("certificate") } })
      #expect(!client.told.contains(.up))
      #expect(try await client.call("GET", "a") == .failure(.unsent))
      try await client.close()
    }
  }

  @Test(arguments: [("named", true), ("misnamed", false)])
  func aHostsNameIsVerified(certificate: String, isAccepted: Bool) async throws {
    try await withRedis(certificate: certificate) { certificates, host in
      let url = "rediss://\(host.replacing("127.0.0.1", with: "localhost"))"
      let client = try await ClientUnderTest.start(
        RedisAddress(url, caFile: certificates.path("ca.pem")))
      #expect(try await eventually { isAccepted ? client.told.last == .up : !client.reasons.isEmpty })
      #expect(client.told.contains(.up) == isAccepted)
      try await client.close()
    }
  }

  @Test func anAuthorityThatCannotBeReadIsToldAndReadLater() async throws {
    try await withRedis { certificates, host in
      let file = certificates.path("later.pem")
      let client = try await ClientUnderTest.start(RedisAddress("rediss://\(host)", caFile: file))
      #expect(try await eventually { !client.reasons.isEmpty })
      try certificates.copy("ca.pem", to: "later.pem")
      #expect(try await eventually { client.told.last == .up })
      try await client.close()
    }
  }

  @Test func plainTextAndTLSDoNotMeet() async throws {
    try await withRedis { _, host in
      let client = try await ClientUnderTest.start("redis://\(host)")
      #expect(try await eventually { !client.reasons.isEmpty })
      try await client.close()
    }
    let (redis, port) = try RedisUnderTest.onPort()
    let client = try await ClientUnderTest.start("rediss://127.0.0.1:\(port)")
    #expect(try await eventually { !client.reasons.isEmpty })
    try await client.close()
    redis.crash()
  }
}
