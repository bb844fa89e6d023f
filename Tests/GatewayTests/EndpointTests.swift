import Policy
import Settings
import Testing
import Upstream

@testable import Gateway

struct EndpointTests {
  private func identity(_ url: String, credential: Int = 0, key: String? = nil) -> Endpoint.Identity {
    Endpoint.Identity(
      provider: "lab", url: url, credential: credential, key: key.map { Secret($0) }, caFile: "/ca",
      clientCertificateFile: "/cert", clientKeyFile: "/key", proxy: "http://p:1", connectTimeout: .seconds(3))
  }

  @Test func idsNameProviderAddressAndFurtherCredentials() {
    #expect(Endpoint(identity("http://10.0.0.5:8000/v1")).id == "lab/10.0.0.5:8000")
    #expect(
      Endpoint(identity("https://api.example.com/openai/v1", credential: 1)).id == "lab/api.example.com#2")
  }

  @Test(arguments: Surface.allCases) func surfacesGoOnFromTheBaseURL(surface: Surface) {
    let handles = Endpoint(identity("https://a/base/v1")).target(for: surface)
    #expect(handles.url == "https://a/base" + surface.rawValue)
    #expect(handles.method == .post)
  }

  @Test func handlesHaveWhatTheProviderNeeds() {
    let handles = Endpoint(identity("https://a/v1", key: "k")).target(for: .chatCompletions)
    #expect(handles.headers == ["Content-Type: application/json", "Authorization: Bearer k"])
    #expect(handles.caFile == "/ca")
    #expect(handles.clientCertificateFile == "/cert" && handles.clientKeyFile == "/key")
    #expect(handles.proxy == "http://p:1")
    #expect(handles.connectTimeout == .seconds(3))
    let keyless = Endpoint(identity("https://a/v1")).target(for: .chatCompletions)
    #expect(keyless.headers == ["Content-Type: application/json"])
  }

  @Test func aRequestCountsWhileItsValueLives() {
    let endpoint = Endpoint(identity("http://a/v1"))
    func hold() {
      let first = InFlight(at: endpoint)
      let second = InFlight(at: endpoint)
      #expect(endpoint.inFlight == 2)
      _ = consume first
      #expect(endpoint.inFlight == 1)
      _ = consume second
    }
    hold()
    #expect(endpoint.inFlight == 0)
  }

  @Test func fourThreadsCountOutWhatTheyCountedIn() async {
    let endpoint = Endpoint(identity("http://a/v1"))
    await onFourThreads { _ in
      for _ in 0..<20_000 { _ = InFlight(at: endpoint) }
    }
    #expect(endpoint.inFlight == 0)
  }
}
