import Dialects
import Foundation
import Testing

@Suite("What clients of Ollama's ask of a server")
struct OllamaCatalogTests {
  private let models = [
    OllamaCatalog.Model("a \"b\"", modified: 0, capabilities: ["completion", "tools"], contextLength: 4_096),
    OllamaCatalog.Model("c", modified: 86_400, capabilities: []),
  ]

  private func object(_ bytes: PaddedBytes) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(bytes.array)) as? [String: Any])
  }

  @Test func modelsAreListedByTheirNames() throws {
    let list = try #require(try object(OllamaCatalog.tags(models))["models"] as? [[String: Any]])
    #expect(list.map { $0["name"] as? String } == ["a \"b\"", "c"])
    #expect(list.map { $0["model"] as? String } == ["a \"b\"", "c"])
    #expect(list.map { $0["modified_at"] as? String } == ["1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z"])
    #expect(list.map { $0["capabilities"] as? [String] } == [["completion", "tools"], []])
    #expect(list.allSatisfy { $0["details"] is [String: Any] })
    let digests = list.compactMap { $0["digest"] as? String }
    #expect(digests.map(\.count) == [64, 64])
    #expect(Set(digests.map { $0.prefix(12) }).count == 2)
    #expect(OllamaCatalog.tags([]).text == #"{"models":[]}"#)
  }

  @Test func aModelTellsItsContext() throws {
    let told = try object(OllamaCatalog.show(models[0]))
    let info = try #require(told["model_info"] as? [String: Any])
    let architecture = try #require(info["general.architecture"] as? String)
    #expect(info["\(architecture).context_length"] as? Int == 4_096)
    #expect(told["capabilities"] as? [String] == ["completion", "tools"])
    let silent = try object(OllamaCatalog.show(models[1]))["model_info"] as? [String: Any]
    #expect(silent?["\(architecture).context_length"] == nil)
  }

  @Test func theReleaseIsANumberOfThreeParts() throws {
    let version = try #require(try object(OllamaCatalog.version())["version"] as? String)
    #expect(version.split(separator: ".").compactMap { Int($0) }.count == 3)
  }

  @Test func theShownModelIsNamed() throws {
    let shown = { (text: String) in try OllamaCatalog.shownModel(PaddedBytes(text.utf8), with: Peek()) }
    #expect(try shown(#"{"model":"m","verbose":true}"#) == "m")
    #expect(try shown(#"{"name":"m","model":null}"#) == "m")
    #expect(try shown(#"{"name":"older","model":"m"}"#) == "m")
    for text in ["{}", #"{"model":""}"#, #"{"model":7}"#, "[]"] {
      #expect(throws: PeekError.self) { try shown(text) }
    }
  }
}
