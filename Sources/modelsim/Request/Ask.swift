import NIOCore

/// What a request body asks for: everything the simulator's answer depends on.
struct Ask: Equatable {
  enum Format: Equatable {
    case text, jsonObject
    /// The schema to make an instance of.
    case jsonSchema(JSONValue)
  }

  /// A call of a function.
  struct Tool: Equatable {
    var name: String
    /// A JSON object that fits the function's parameters.
    var arguments: String
  }

  /// A function that may be called.
  struct Offer: Equatable {
    var name: String
    var schema: JSONValue
  }

  /// Whether functions are to be called.
  enum Use: Equatable {
    case auto, never, always
    case named(String)
  }

  var model = ""
  var isStream = false
  var includesUsage = false
  var maxTokens: Int?
  var choices = 1
  var offers: [Offer] = []
  var use = Use.auto
  var allowsSeveralCalls = true
  /// The prompt's end is what a function returned.
  var endsWithResult = false
  /// Texts that end an answer, which ends before them.
  var stops: [String] = []
  /// Whether the model is asked to think aloud.
  var thinks = false
  var format = Format.text
  var promptTokens = 0
  /// The texts to embed, if they were asked for, and in how many dimensions.
  var texts: [String] = []
  var dimensions: Int?
  var wantsBase64 = false
  /// A hash of the prompt's text, from which the answer's text follows.
  var promptHash: UInt64 = 0
  /// What a classic model says to its inputs.
  var outputs: JSONValue?
}

extension Ask {
  /// The call to answer with instead of words, where nothing else is said.
  var tool: Tool? { calls(named: nil, count: nil).first }

  /// The calls to answer with, none for words: of that function, offered or not, if one is named; so many.
  ///
  /// What a function returned is answered in words, unless a call is demanded.
  func calls(named name: String?, count: Int?) -> [Tool] {
    let candidates: [Offer]
    if let name {
      candidates = [offers.first { $0.name == name } ?? Offer(name: name, schema: ["type": "object"])]
    } else {
      switch use {
      case .never: candidates = []
      case .named(let wanted): candidates = offers.filter { $0.name == wanted }
      case .auto: candidates = endsWithResult && count == nil ? [] : offers
      case .always: candidates = offers
      }
    }
    guard !candidates.isEmpty else { return [] }
    let number = min(count ?? 1, allowsSeveralCalls ? Self.mostCalls : 1)
    return (0..<number).map { index in
      let offer = candidates[index % candidates.count]
      return Tool(name: offer.name, arguments: SchemaInstance.make(offer.schema).description)
    }
  }

  static let mostCalls = 32

  mutating func take(_ prompt: PromptCount) {
    promptTokens = prompt.tokens
    promptHash = prompt.hash
    endsWithResult = prompt.endsWithResult
  }
}

/// How the prompt's size follows from its bytes. An image counts the same whatever its size.
enum TokenCount {
  static let perImage = 85

  static func tokens(textBytes: Int) -> Int {
    (textBytes + 3) / 4
  }
}
