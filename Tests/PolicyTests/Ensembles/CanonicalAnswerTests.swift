import Policy
import Testing

/// Which answers say the same.
struct CanonicalAnswerTests {
  @Test(arguments: [
    ["42", "**42**.", " 42\n", "The answer is 42.", "First 6 times 7.\nAnswer: 42.0\n", "+42"],
    ["1000", "1,000", "1000.00", "(1,000)."], ["0.5", ".5", "0.50"], ["0", "-0", "0.0", "-.0"],
    ["Paris", "paris!", "`PARIS`", "So I say:\nthe answer is Paris"],
    ["new york  city", "New York\ncity."],
    [
      #"{"b":1.0,"a":[1,"X"]}"#, "```json\n{ \"a\": [1, \"X\"], \"b\": 1 }\n```", #" {"a":[1.00,"X"],"b":1}"#,
    ],
  ])
  func theseSayTheSame(answers: [String]) {
    let canonical = answers.map { CanonicalAnswer($0) }
    #expect(Set(canonical).count == 1, "\(canonical.map(\.text))")
  }

  @Test(arguments: [
    ["x+1", "x-1"], ["5", "-5", "0.5", "50"], ["c", "c#", "c++"], ["1,00", "100"], ["1.2.3", "1.23"],
    [#"{"a":1}"#, #"{"a":2}"#, #"{"a":"1"}"#, #"{"b":1}"#], ["[1,2]", "[2,1]", "[12]"],
    ["yes", "no", "yes no"], ["The answer is 4.\nNo: the answer is 5.", "The answer is 4."],
    [#"{"a":"X"}"#, #"{"a":"x"}"#],
  ])
  func theseDoNot(answers: [String]) {
    #expect(Set(answers.map { CanonicalAnswer($0) }).count == answers.count)
  }

  @Test func nothingIsLostOfWhatOnlyLooksLikeAConclusionOrAFence() {
    #expect(CanonicalAnswer("The answer is: ...").text == "the answer is")
    #expect(CanonicalAnswer("```\na\n```\nb").text != CanonicalAnswer("a").text)
    #expect(CanonicalAnswer("```\na\n```").text == "a")
    let long = String(repeating: "Yes ", count: 4_097)
    #expect(CanonicalAnswer(long).text == long, "so much is compared as it is")
    #expect(CanonicalAnswer("").text.isEmpty && CanonicalAnswer(" ?! ").text.isEmpty)
  }
}
