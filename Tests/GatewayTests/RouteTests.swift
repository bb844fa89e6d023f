import Dialects
import Policy
import Testing

@testable import Gateway

struct RouteTests {
  private func route(_ method: String, _ target: String) throws -> Route {
    Route(try #require(head("\(method) \(target) HTTP/1.1\r\nHost: a\r\n\r\n")))
  }

  @Test(arguments: Surface.allCases) func surfacesArePosted(surface: Surface) throws {
    #expect(try route("POST", surface.rawValue) == .surface(surface))
    #expect(try route("POST", surface.rawValue + "?a=b") == .surface(surface))
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "BREW"] {
      #expect(try route(method, surface.rawValue) == .wrongMethod(allow: "POST"))
    }
  }

  @Test func feedbackIsPosted() throws {
    #expect(try route("POST", "/v1/feedback") == .feedback)
    #expect(try route("GET", "/v1/feedback") == .wrongMethod(allow: "POST"))
    #expect(try route("POST", "/v1/feedback/") == .unknown)
  }

  @Test func modelsAreRead() throws {
    for method in ["GET", "HEAD"] {
      #expect(try route(method, "/v1/models") == .models(id: nil))
      #expect(try route(method, "/v1/models/chat") == .models(id: "chat"))
    }
    #expect(try route("POST", "/v1/models") == .wrongMethod(allow: "GET"))
    #expect(try route("DELETE", "/v1/models/chat") == .wrongMethod(allow: "GET"))
  }

  @Test func whatOllamasClientsAskFirstIsRead() throws {
    #expect(try route("GET", "/api/tags") == .tags)
    #expect(try route("HEAD", "/api/version") == .version)
    #expect(try route("POST", "/api/show") == .show)
    #expect(try route("GET", "/api/show") == .wrongMethod(allow: "POST"))
    #expect(try route("POST", "/api/tags") == .wrongMethod(allow: "GET"))
    for path in ["/api/", "/api/pull", "/api/chat/", "/api/tagsx"] {
      #expect(try route("POST", path) == .unknown)
    }
  }

  @Test(
    arguments: [
      ("/v1/messages", "", .anthropic), ("/v1/messages/batches", "", .anthropic), ("/api/pull", "", .ollama),
      ("/v1/models", "", .openai), ("/v1/models/m", "Anthropic-Version: 2023-06-01\r\n", .anthropic),
      ("/v1/chat/completions", "Anthropic-Version: 2023-06-01\r\n", .openai), ("/", "", .openai),
    ] as [(String, String, ChatDialectName)])
  func errorsAreToldInTheDialectOfThePath(path: String, fields: String, dialect: ChatDialectName) throws {
    let parsed = try #require(head("GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"))
    #expect(parsed.dialect == dialect)
  }

  @Test func headersOfADialectGoToProvidersOfItAlone() throws {
    let fields = "OpenAI-Beta: o\r\nAnthropic-Beta: b\r\nAnthropic-Version: v\r\n"
    let full = try #require(head("POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"))
    #expect(full.dialectLines(.openai) == ["openai-beta: o"])
    #expect(full.dialectLines(.anthropic) == ["anthropic-version: v", "anthropic-beta: b"])
    #expect(full.dialectLines(.ollama) == [])
    let bare = try #require(head("POST / HTTP/1.1\r\nHost: a\r\n\r\n"))
    #expect(bare.dialectLines(.openai) == [])
    #expect(bare.dialectLines(.anthropic) == ["anthropic-version: 2023-06-01"])
  }

  @Test(arguments: [
    ("org/model:7b", "org/model:7b"), ("org%2Fmodel%3a7b", "org/model:7b"), ("%c3%a4", "ä"), ("a%", "a%"),
    ("a%4", "a%4"), ("a%zz", "a%zz"), ("a%+5", "a%+5"), ("%2", "%2"), ("%%41", "%A"), ("%25", "%"), ("", ""),
  ])
  func escapesOfModelNamesAreRead(path: String, name: String) throws {
    #expect(try route("GET", "/v1/models/" + path) == .models(id: name))
  }

  @Test(arguments: [
    "/", "/v1", "/v1/", "/v1/chat", "/v1/chat/completions/", "/v1/chat/completionsx", "/V1/chat/completions",
    "//v1/chat/completions", "/v1/modelsx", "/v1/chat%2Fcompletions", "/metrics",
  ])
  func everythingElseIsUnknown(path: String) throws {
    #expect(try route("POST", path) == .unknown)
    #expect(try route("GET", path) == .unknown)
  }

  private func key(_ fields: String) throws -> String? {
    let parsed = try #require(head("POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"))
    return parsed.withKey { $0.map { String(decoding: $0, as: UTF8.self) } }
  }

  @Test(arguments: [
    ("Authorization: Bearer k", "k"), ("authorization: bearer k", "k"), ("Authorization: BEARER   k", "k"),
    ("X-API-Key: k", "k"), ("Authorization: Basic abc\r\nX-API-Key: k", "k"),
    ("X-API-Key: other\r\nAuthorization: Bearer k", "k"), ("Authorization: Bearer k l", "k l"),
  ])
  func keysAreFound(fields: String, expected: String) throws {
    #expect(try key(fields + "\r\n") == expected)
  }

  @Test(arguments: [
    "", "Authorization: Bearer\r\n", "Authorization: Bearer  \r\n", "Authorization: k\r\n", "X-API-Key:\r\n",
    "Authorization: Bearerk\r\n", "Authorization: Basic k\r\n",
  ])
  func whereThereIsNoneNoneIsFound(fields: String) throws {
    #expect(try key(fields) == nil)
  }

  @Test func theClientsCredentialIsNoForwardedField() {
    let names = RequestHead.forwarded.map(\.name)
    #expect(!names.contains("authorization") && !names.contains("x-api-key") && !names.contains("cookie"))
  }
}
