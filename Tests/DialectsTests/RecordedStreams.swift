import Dialects
import Policy
import Testing

/// Streams in the manner of recorded ones, with what a scanner must make of them.
struct RecordedStream: CustomTestStringConvertible, Sendable {
  var name: String
  var hidesUsage = false
  /// Events, without the blank line behind each.
  var events: [String]
  /// Places of events that must not come through.
  var dropped: Set<Int> = []
  var lineEnd = "\n"
  var facts: StreamFacts
  var end = StreamEnd.complete

  var testDescription: String { name }

  var input: [UInt8] { bytes { _ in true } }
  var output: [UInt8] { bytes { !dropped.contains($0) } }

  /// Lengths of output that end with an event.
  var boundaries: Set<Int> {
    var length = 0
    return Set(
      [0]
        + passedEvents { !dropped.contains($0) }.map { event in
          length += event.utf8.count
          return length
        })
  }

  private func bytes(_ isIncluded: (Int) -> Bool) -> [UInt8] {
    Array(passedEvents(isIncluded).joined().utf8)
  }

  private func passedEvents(_ isIncluded: (Int) -> Bool) -> [String] {
    events.enumerated().filter { isIncluded($0.offset) }
      .map { ($0.element + "\n\n").replacing("\n", with: lineEnd) }
  }

  static func facts(
    _ usage: Usage?, _ reason: String?, finished: Int = 1, isDone: Bool = true, sawError: Bool = false,
    contents: Int
  ) -> StreamFacts {
    var facts = StreamFacts()
    (facts.usage, facts.finishReason, facts.finishedChoices) = (usage, reason, finished)
    (facts.isDone, facts.sawError, facts.contentEvents) = (isDone, sawError, contents)
    return facts
  }

  static let chatEvents = [
    #": keep-alive"#,
    #"data: {"id":"1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#,
    #"data: {"id":"1","choices":[{"index":0,"delta":{"content":"say \"usage\": \"error\" [DONE] é"},"finish_reason":null}],"usage":null}"#,
    #"data: {"id":"1","choices":[],"prompt_filter_results":[{"index":0}]}"#,
    #"data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}"#,
    #"data: {"id":"1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":5}}}"#,
    "data: [DONE]",
  ]
  static let chatUsage = Usage(input: 9, output: 12, cached: 4, reasoning: 5)

  static let chat = RecordedStream(
    name: "chat", hidesUsage: true, events: chatEvents, dropped: [5],
    facts: facts(chatUsage, "stop", contents: 4))
  static let all: [RecordedStream] =
    ["\n", "\r\n", "\r"].flatMap { lineEnd in
      [chat, chatShowing, completions, responses, broken, failing, running, withoutDone].map { stream in
        var stream = stream
        stream.lineEnd = lineEnd
        stream.name += " \(lineEnd.debugDescription)"
        return stream
      }
    }

  static let chatShowing = RecordedStream(
    name: "chat whose client asked for usage", events: chatEvents,
    facts: facts(chatUsage, "stop", contents: 4))
  static let completions = RecordedStream(
    name: "completions",
    hidesUsage: true,
    events: [
      #"data:{"choices":[{"text":"a","finish_reason" : null}]}"#,
      #"data:{"choices":[{"text":"b","finish_reason" : "length"}],"usage" :{"prompt_tokens":1,"completion_tokens":2}}"#,
      #"id: 7"# + "\n" + #"data: {"choices" : [ ], "usage" : {"prompt_tokens":1,"completion_tokens":3}}"#,
      #"data:[DONE]"#,
    ],
    dropped: [2], facts: facts(Usage(input: 1, output: 3), "length", contents: 2))
  static let responses = RecordedStream(
    name: "responses",
    events: [
      "event: response.created\n"
        + #"data: {"type":"response.created","response":{"status":"in_progress","error":null,"usage":null}}"#,
      "event: response.output_text.delta\n" + #"data: {"type":"response.output_text.delta","delta":"hi"}"#,
      "event: response.completed\n"
        + #"data: {"type":"response.completed","response":{"status":"completed","error":null,"usage":{"input_tokens":3,"input_tokens_details":{"cached_tokens":1},"output_tokens":4,"output_tokens_details":{"reasoning_tokens":2}}}}"#,
    ],
    facts: facts(Usage(input: 3, output: 4, cached: 1, reasoning: 2), "completed", finished: 0, contents: 2))
  static let broken = RecordedStream(
    name: "broken", hidesUsage: true, events: Array(chatEvents[..<4]),
    facts: facts(nil, nil, finished: 0, isDone: false, contents: 3),
    end: .truncated(withheld: 0, tailWasReleased: false))
  static let failing = RecordedStream(
    name: "failing",
    events: [chatEvents[1], #"data: {"error":{"message":"overloaded","code":503}}"#],
    facts: facts(nil, nil, finished: 0, isDone: false, sawError: true, contents: 1), end: .failed)
  static let running = RecordedStream(
    name: "usage in every chunk, data over two lines",
    hidesUsage: true,
    events: [
      #"data: {"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#,
      "data: {\"choices\":[{\"finish_reason\":\ndata: \"stop\"}],\ndata: \"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}",
      "data: [DONE]",
    ],
    facts: facts(Usage(input: 1, output: 2), "stop", contents: 2))
  static let withoutDone = RecordedStream(
    name: "without [DONE]", events: Array(chatEvents[1...4]),
    facts: facts(nil, "stop", isDone: false, contents: 4))
}
