import Testing

@testable import Policy

struct CacheDirectivesTests {
  private func read(_ fields: String...) -> CacheDirectives { CacheDirectives(fields) }

  @Test func nothingIsAskedByDefault() {
    for text in ["", " ", ",", " , ,", "\t"] { #expect(read(text) == CacheDirectives(), "'\(text)'") }
  }

  @Test func everyDirectiveIsRead() {
    let found = read("no-store, no-cache,only-if-cached ,max-age=60\t,  max-stale=30,min-fresh=5")
    #expect(found.noStore && found.noCache && found.onlyIfCached)
    #expect(found.maxAge == 60 && found.maxStale == 30 && found.minFresh == 5)
  }

  @Test func namesHaveNoCase() {
    #expect(read("No-Store").noStore && read("MAX-AGE=1").maxAge == 1)
  }

  @Test func unknownDirectivesAreIgnored() {
    let found = read(#"no-transform, x, y=1, z="no-store, no-cache\", max-age=1", max-age=9"#)
    var expected = CacheDirectives()
    expected.read("max-age=9".utf8)
    #expect(found == expected)
  }

  @Test func numbersMayBeQuoted() {
    #expect(read(#"max-age="60""#).maxAge == 60)
    #expect(read(#"max-age="6\0""#).maxAge == 60)
  }

  @Test func aLoneMaxStaleAllowsAnyStaleness() {
    #expect(read("max-stale").maxStale == CacheDirectives.anyStaleness)
  }

  @Test func numbersThatAreTooLargeAreCut() {
    #expect(read("max-age=99999999999999999999999").maxAge == CacheDirectives.anyStaleness)
  }

  @Test(arguments: [
    "max-age", "max-age=", "max-age=-1", "max-age=1.5", "max-age=x", #"max-age="""#, "max-age=1 2",
  ])
  func aNumberThatCannotBeReadIsTheStrictest(_ text: String) {
    let found = read(text)
    #expect(found.maxAge == 0 || found.noCache && found.noStore)
  }

  @Test func strictestOfEachDirective() {
    #expect(read("min-fresh=x").minFresh == CacheDirectives.anyStaleness)
    #expect(read("max-stale=x").maxStale == 0)
  }

  @Test func ofTwoTheStricterCounts() {
    let found = read("max-age=5, max-stale, min-fresh=3", "max-age=9, max-stale=2, min-fresh=1")
    #expect(found.maxAge == 5 && found.maxStale == 2 && found.minFresh == 3)
  }

  @Test(arguments: [
    "=1", "max-age =1", "a b", #"x="open"#, #"x="open\"#, "no-store;", "max-age=60 60", "{}", "\u{e9}",
    #"x="a"b"#,
  ])
  func whatIsNoListMeansNoCacheAtAll(_ text: String) {
    let found = read(text)
    #expect(found.noCache && found.noStore)
  }

  /// What was said in front of the mistake still counts.
  @Test func aMistakeForgetsNothing() { #expect(read("only-if-cached, ;").onlyIfCached) }
}
