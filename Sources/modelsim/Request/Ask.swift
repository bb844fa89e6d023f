import NIOCore

/// What a request body asks for: everything the simulator's answer depends on.
struct Ask: Equatable {
  enum Format: Equatable {
    case text, jsonObject
    /// The schema to make an instance of.
    case jsonSchema(JSONValue)
  }

  /// The function to call instead of answering in words.
  struct Tool: Equatable {
    var name: String
    /// A JSON object that fits the function's parameters.
    var arguments: String
  }

  var model = ""
  var isStream = false
  var includesUsage = false
  var maxTokens: Int?
  var choices = 1
  var tool: Tool?
  var format = Format.text
  var promptTokens = 0
  /// The texts to embed, if they were asked for, and in how many dimensions.
  var texts: [String] = []
  var dimensions: Int?
  var wantsBase64 = false
  /// A hash of the prompt's text, from which the answer's text follows.
  var promptHash: UInt64 = 0
}

/// How the prompt's size follows from its bytes. An image counts the same whatever its size.
enum TokenCount {
  static let perImage = 85

  static func tokens(textBytes: Int) -> Int {
    (textBytes + 3) / 4
  }
}

/// Why a body cannot be answered: OpenAI's status 400.
struct AskError: Error, Equatable {
  var message: String
  var parameter: String?
}
