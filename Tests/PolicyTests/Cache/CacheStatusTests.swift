import Testing

@testable import Policy

struct CacheStatusTests {
  @Test(arguments: [
    (CacheStatus.hit(left: 30_999), "switchyard; hit; ttl=30; key=\"ab12\""),
    (.hit(left: -1, detail: .stale), "switchyard; hit; ttl=-1; key=\"ab12\"; detail=STALE"),
    (.hit(left: -1_000), "switchyard; hit; ttl=-1; key=\"ab12\""),
    (.hit(left: 0), "switchyard; hit; ttl=0; key=\"ab12\""),
    (.forward(.miss, stored: true, collapsed: true), "switchyard; fwd=miss; stored; collapsed; key=\"ab12\""),
    (.forward(.request, detail: .notStored), "switchyard; fwd=request; key=\"ab12\"; detail=NOT_STORED"),
  ])
  func statusIsWrittenAsTheStandardSays(_ status: CacheStatus, _ expected: String) {
    #expect(status.text(key: "ab12") == expected)
  }

  @Test func withoutAKeyNoneIsNamed() {
    #expect(CacheStatus.forward(.bypass).text(key: nil) == "switchyard; fwd=bypass")
  }
}
