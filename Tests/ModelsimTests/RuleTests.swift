import NIOCore
import Testing

@testable import modelsim

@Suite struct RuleTests {
  private func rule(_ text: String) throws -> Rule {
    try RuleParser.rule(from: Directives.pairs(text))
  }

  @Test func everyFaultIsRead() throws {
    let faults: [(String, Fault)] = [
      ("status=503,retry_after=2", .status(503, retryAfter: .seconds("2"), body: nil)),
      ("status=429,retry_after_ms=250", .status(429, retryAfter: .milliseconds(250), body: nil)),
      ("status=429,retry_after=http-date", .status(429, retryAfter: .date(seconds: 3), body: nil)),
      ("after=5,reset=mid_stream", .reset(.midStream(afterChunks: 5))),
      ("reset=before_first_byte", .reset(.beforeFirstByte)),
      ("close=mid_stream", .close(.midStream(afterChunks: 1))),
      ("stall=mid_stream,after_chunks=3", .stall(.midStream(afterChunks: 3))),
      ("drip=50ms", .drip(50_000_000)), ("slow_body=1ms", .slowBody(1_000_000)),
      ("malformed_json", .malformedJSON), ("malformed_sse=true", .malformedSSE), ("garbage=1", .garbage),
      ("empty", .empty), ("oversized_header=9000", .oversizedHeader(9000)),
      (#"redirect=http:\/\/h:1\/x"#, .redirect("http://h:1/x")),
      ("error_event,after=2", .errorEvent(afterChunks: 2)),
    ]
    for (text, fault) in faults { #expect(try rule(text).behaviour.fault == fault, "\(text)") }
  }

  @Test func paceAndLengthAreRead() throws {
    let behaviour = try rule("tokens=100,ttft=lognormal:20ms,0.5,per_token=10ms").behaviour
    #expect(behaviour.tokens == 100)
    #expect(behaviour.ttft == .lognormal(median: 20_000_000, sigma: 0.5))
    #expect(behaviour.perToken == .constant(10_000_000))
  }

  @Test func theAnswersShapeIsRead() throws {
    #expect(try rule("refusal=No").behaviour == Behaviour(refusal: "No"))
    let behaviour = try rule("text=Hi there,tool=f,calls=2,thinking=3,cached=4").behaviour
    #expect(behaviour == Behaviour(text: "Hi there", tool: "f", calls: 2, thinking: 3, cached: 4))
    let other = Behaviour(text: "no", tool: "g", calls: 9, thinking: 9, cached: 9)
    #expect(behaviour.over(other) == behaviour && Behaviour().over(behaviour) == behaviour)
  }

  @Test(arguments: [
    "status=99", "status=x", "reset=never", "drip=5", "nonsense=1", "status=500,garbage", "probability=2",
    "refuse,model=m", "ttft=soon",
  ])
  func mistakesAreNamed(text: String) {
    #expect(throws: RuleError.self) { try rule(text) }
  }

  @Test func rulesAreReadFromJSON() throws {
    let document = try JSONValue(
      parsing: #"""
        [{"match":{"model":"a","first":2},"fault":{"status":429,"retry_after":3,"body":{"x":1}}},
        {"fault":{"refuse":true,"for":"2s"}}]
        """#)
    let rules = try RuleParser.rules(from: document)
    #expect(rules[0].match == Rule.Match(model: "a", first: 2))
    #expect(rules[0].behaviour.fault == .status(429, retryAfter: .seconds("3"), body: #"{"x":1}"#))
    #expect(rules[1].refuses && rules[1].refusesFor == 2_000_000_000)
  }

  @Test func directivesAreFoundAnywhereAndInOrder() throws {
    let body = ByteBuffer(string: #"{"a":"x [[sim:status=500,model=a]] [[ y [[sim:tokens=2]] ]]"}"#)
    let found = try Directives.find(in: body)
    #expect(found.map(\.text) == ["status=500,model=a", "tokens=2"])
    #expect(try Directives.find(in: ByteBuffer(string: "[[sim:unclosed")).isEmpty)
  }

  @Test func countersHitTheRequestsThatTheySay() {
    var random = SeededRandom(seed: 1)
    func hits(_ match: Rule.Match) -> [Int] {
      (0..<6).filter { match.hits(count: $0, &random) }
    }
    #expect(hits(.init(first: 2)) == [0, 1])
    #expect(hits(.init(skip: 4)) == [4, 5])
    #expect(hits(.init(first: 1, skip: 2)) == [2])
    #expect(hits(.init(every: 3)) == [2, 5])
    #expect(hits(.init(probability: 0)).isEmpty)
    #expect(hits(.init(probability: 1)).count == 6)
  }

  @Test func aRuleMayBeAboutWhatTheBodySays() throws {
    let document = try JSONValue(parsing: #"{"match":{"contains":"A\\nx"},"fault":{"status":500}}"#)
    let match = try RuleParser.rules(from: document)[0].match
    func fits(_ body: String?) -> Bool {
      match.fits(.init(model: "m", path: "/", port: 1, isStream: false, body: body))
    }
    #expect(match == Rule.Match(contains: #"A\nx"#))
    #expect(fits(#"{"a":"A\nx"}"#) && !fits(#"{"a":"B\nx"}"#) && !fits(nil))
    #expect(Rule.Match().fits(.init(model: "m", path: "/", port: 1, isStream: false)))
  }

  @Test func theFirstRuleThatHitsDecides() {
    var book = RuleBook()
    book.replace(with: [
      Rule(match: .init(model: "a", first: 1), behaviour: Behaviour(tokens: 1)),
      Rule(match: .init(path: "/v1/chat/completions"), behaviour: Behaviour(tokens: 2)),
    ])
    var random = SeededRandom(seed: 1)
    func tokens(_ model: String, _ path: String) -> Int? {
      book.behaviour(for: .init(model: model, path: path, port: 1, isStream: false), &random)?.tokens
    }
    #expect(tokens("b", "/v1/chat/completions") == 2)
    #expect(tokens("a", "/v1/chat/completions") == 1)
    #expect(tokens("a", "/v1/chat/completions") == 2)
    #expect(tokens("a", "/v1/embeddings") == nil)
  }
}
