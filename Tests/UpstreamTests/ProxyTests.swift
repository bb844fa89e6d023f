import TestSupport
import Testing

@testable import Upstream

/// An egress proxy is asked for the whole URL of a cleartext provider.
@Suite(.timeLimit(.minutes(1)))
struct ProxyTests {
  private func configuration(_ url: String, proxy: String) -> TransferTarget {
    var configuration = TransferTarget(url: url)
    configuration.proxy = proxy
    configuration.headers = ["Authorization: Bearer k"]
    return configuration
  }

  @Test(arguments: LoopUnderTest.curlWays, [TransferTarget.Method.get, .post])
  func requestsGoThroughTheProxyInAbsoluteForm(
    _ way: LoopUnderTest.Way, method: TransferTarget.Method
  ) async throws {
    try await withServer({ $0.answerAll("from afar") }) { proxy in
      try await withLoop(way) { loop in
        var configuration = configuration("http://provider.invalid:81/v1/x", proxy: proxy.url)
        configuration.method = method
        let pool = try await loop.pool(configuration)
        for _ in 0..<2 { #expect(try await loop.fetch(on: pool, body: [0x7B, 0x7D]).text == "from afar") }
        let word = method == .get ? "GET" : "POST"
        #expect(
          proxy.requests.map(\.start)
            == Array(repeating: "\(word) http://provider.invalid:81/v1/x HTTP/1.1", count: 2))
        #expect(proxy.requests.allSatisfy { $0.body == (method == .get ? [] : [0x7B, 0x7D]) })
        #expect(proxy.requests.allSatisfy { $0.first("host") == "provider.invalid:81" })
        #expect(proxy.connectionCount == 1)
      }
    }
  }

  /// Over TLS the proxy sees a name and a port; the request and its credential go through a tunnel.
  @Test func aProxyThatRefusesATunnelSeesNoCredential() async throws {
    try await withServer({ peer in
      _ = peer.request()
      peer.answer("no", status: "403 Forbidden")
    }) { proxy in
      try await withLoop(.http1) { loop in
        let pool = try await loop.pool(configuration("https://provider.invalid/v1/x", proxy: proxy.url))
        let outcome = try await loop.fetch(on: pool)
        #expect(outcome.failure != nil)
        #expect(outcome.status == 0, "the proxy's answer is not the provider's")
        #expect(proxy.requests.map(\.start) == ["CONNECT provider.invalid:443 HTTP/1.1"])
        #expect(proxy.requests[0].first("authorization") == nil)
      }
    }
  }

  @Test(arguments: LoopUnderTest.curlWays) func aProxyThatIsAwayIsAConnectFailure(_ way: LoopUnderTest.Way)
    async throws
  {
    try await withLoop(way) { loop in
      let proxy = "http://127.0.0.1:\(try ScriptedServer.closedPort())"
      let outcome = try await loop.fetch(
        on: loop.pool(configuration("http://provider.invalid/", proxy: proxy)))
      #expect(outcome.failure?.kind == .connect)
    }
  }
}
