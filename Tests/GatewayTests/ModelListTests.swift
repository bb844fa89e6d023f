import Dialects
import Foundation
import Testing

@testable import Gateway

struct ModelListTests {
  private func object(_ bytes: PaddedBytes) throws -> [String: Any] {
    let data = bytes.withUnsafeBytes { Data($0) }
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func aModelIsOpenAIsModelObject() throws {
    let model = try object(ModelList.one("chat"))
    #expect(model["id"] as? String == "chat")
    #expect(model["object"] as? String == "model")
    #expect(model["created"] as? Int == 0)
    #expect(model["owned_by"] as? String == "switchyard")
  }

  @Test(arguments: [[], ["a"], ["a", "b", "c"]]) func theListIsOpenAIsListObject(names: [String]) throws {
    let list = try object(ModelList.all(names))
    #expect(list["object"] as? String == "list")
    let data = try #require(list["data"] as? [[String: Any]])
    #expect(data.map { $0["id"] as? String } == names)
  }

  @Test(arguments: [[], ["a"], ["a", "b"]]) func anthropicsListHasOnePage(names: [String]) throws {
    let list = try object(ModelList.ofAnthropic(names))
    let data = try #require(list["data"] as? [[String: Any]])
    #expect(data.map { $0["id"] as? String } == names)
    #expect(data.allSatisfy { $0["type"] as? String == "model" && $0["created_at"] is String })
    #expect(list["has_more"] as? Bool == false)
    #expect(list["first_id"] as? String == names.first && list["last_id"] as? String == names.last)
  }

  @Test func oddNamesStayWhatTheyAre() throws {
    let name = "a\"b\\c\n\u{1}ä🚀/%"
    #expect(try object(ModelList.one(name))["id"] as? String == name)
  }
}
