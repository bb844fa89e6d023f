/// What clients ask, and what providers answer.
enum Wire {
  /// A whole request for a chat completion by model `m`.
  static func chat(_ prompt: String, stream: Bool = false, fields: String = "") -> String {
    let body =
      #"{"model":"m","stream":\#(stream),"messages":[{"role":"user","content":"\#(prompt)"}]}"#
    return post(fields: fields, length: body.utf8.count) + body
  }

  /// The head alone of a request whose body is to have this length.
  static func post(fields: String = "", length: Int) -> String {
    "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: \(length)\r\n\r\n"
  }

  static func answer(_ content: String) -> String {
    #"{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":""#
      + content
      + #""},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#
  }

  static func event(_ content: String) -> String {
    #"data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":""#
      + content + #""},"finish_reason":null}]}"# + "\n\n"
  }

  static let lastEvents =
    #"data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#
    + "\n\ndata: [DONE]\n\n"

  /// A whole stream of events with these contents.
  static func stream(_ contents: [String]) -> String { contents.map(event).joined() + lastEvents }
}
