import Settings
import Testing

/// One file of Fixtures/errors per kind of error. Its first lines say which errors must come, in this order:
/// `# expect: LINE:COLUMN text that the rest of the error contains`.
struct ErrorTests {
  @Test(arguments: try Fixture.all(in: "errors"))
  func everyErrorIsReportedWhereItStands(fixture: Fixture) {
    let expected = fixture.yaml.split(separator: "\n").compactMap {
      line -> (place: Substring, text: Substring)? in
      guard line.hasPrefix("# expect: ") else { return nil }
      let words = line.dropFirst("# expect: ".count)
      let space = words.firstIndex(of: " ") ?? words.endIndex
      return (words[..<space], words[space...].dropFirst())
    }
    let errors = Fixture.errors(fixture.yaml)
    #expect(!expected.isEmpty)
    #expect(errors.count == expected.count, "\(SettingsErrors(errors))")
    for (error, (place, text)) in zip(errors, expected) {
      #expect("\(error.line):\(error.column)" == place, "\(error)")
      #expect(error.description.contains(text))
      #expect(!error.description.contains("secret-"))
    }
  }

  @Test func anErrorNamesFileLineColumnAndPath() throws {
    let error = try #require(Fixture.errors(try Fixture("errors/unknown-key.yaml").yaml).first)
    #expect(
      error.description == "sy.yaml:8:5: models.m: unknown key 'fallback': did you mean 'fallbacks'?")
  }

  @Test func errorsOfAllKindsComeAtOnceInTheOrderOfTheDocument() {
    let errors = Fixture.errors(
      """
      models:
        m: { deployments: [x], port: 1 }
        m: { deployments: [] }
      server: { port: 0, port: 1, idle_timeout: 5 }
      providers: { a: { dialect: grpc } }
      deployments: { d: { provider: b } }
      """)
    let places = errors.map { "\($0.line):\($0.column)" }
    #expect(
      places == ["2:22", "2:26", "3:3", "4:1", "4:17", "4:20", "4:43", "5:14", "5:28", "6:16", "6:31"])
  }

  @Test func aFileThatCannotBeReadIsAnErrorOfTheWholeFile() throws {
    let error = try #require(throws: SettingsErrors.self) {
      try Settings.load(path: "/nowhere/sy.yaml", environment: [:])
    }
    #expect(error.description == "/nowhere/sy.yaml: cannot be read: no such file or directory")
  }
}
