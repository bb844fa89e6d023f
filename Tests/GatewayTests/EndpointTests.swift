import Dialects
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
    // SDKs of OpenAI's have the version in the base URL, those of others in the path.
    let base = surface.dialect == .openai ? "https://a/base/v1" : "https://a/base"
    let handles = Endpoint(identity(base)).target(for: surface)
    #expect(handles.url == "https://a/base" + surface.rawValue)
    #expect(handles.method == .post)
  }

  @Test(
    arguments: [
      (.openai, "Authorization: Bearer k"), (.ollama, "Authorization: Bearer k"),
      (.anthropic, "x-api-key: k"), (.gemini, "x-goog-api-key: k"),
    ] as [(Settings.Provider.Dialect, String)])
  func keysAreSentAsTheDialectHasIt(dialect: Settings.Provider.Dialect, line: String) {
    var identity = identity("https://a/v1", key: "k")
    identity.dialect = dialect
    #expect(Endpoint(identity).target(path: "/x").headers == ["Content-Type: application/json", line])
  }

  @Test func azureHasItsVersionInTheQueryAndAKeyOfItsOwn() {
    var identity = identity("https://a/openai/deployments/d", key: "k")
    identity.apiVersion = "2024-10-21"
    let handles = Endpoint(identity).target(for: .chatCompletions)
    #expect(handles.url == "https://a/openai/deployments/d/chat/completions?api-version=2024-10-21")
    #expect(handles.headers == ["Content-Type: application/json", "api-key: k"])
    #expect(Endpoint(identity).target(path: "/x?alt=sse").url.hasSuffix("/x?alt=sse&api-version=2024-10-21"))
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
