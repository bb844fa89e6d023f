/// What the text of an answer has to be.
package enum ResponseFormat: Sendable, Equatable {
  case text
  case json
  case schema(SchemaFormat)
}

/// A JSON schema that an answer has to keep to.
package struct SchemaFormat: Sendable, Equatable {
  package var name: String?
  package var description: String?
  package var schema: JSONText?
  package var strict: Bool?

  package init(name: String? = nil, schema: JSONText? = nil) { (self.name, self.schema) = (name, schema) }
}

/// How the next token is drawn.
package struct Sampling: Sendable, Equatable {
  package var temperature: Double?
  package var topP: Double?
  package var topK: Int?
  package var frequencyPenalty: Double?
  package var presencePenalty: Double?
  package var seed: Int?

  package init() {}
}

/// How much a model is to think before it answers.
package struct Reasoning: Sendable, Equatable {
  package enum Mode: String, Sendable { case enabled, disabled, adaptive }

  /// Nil where only the effort was said.
  package var mode: Mode?
  /// `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or what else a provider knows.
  package var effort: String?
  /// Tokens.
  package var budget: Int?

  package init(mode: Mode? = nil, effort: String? = nil, budget: Int? = nil) {
    (self.mode, self.effort, self.budget) = (mode, effort, budget)
  }
}

/// The table between words for effort and tokens, where one side has the one and the other side the other.
extension Reasoning {
  /// The budget that was said, or that the effort stands for; nil where there is to be none, or nobody said.
  package var tokens: Int? {
    guard mode != .disabled else { return nil }
    if let budget { return budget }
    return switch effort ?? "" {
    case "minimal", "low": 1_024
    case "medium": 4_096
    case "high": 16_384
    case "xhigh", "max": 32_768
    default: nil
    }
  }

  /// The effort that was said, or that the budget stands for; nil where nobody said.
  package var level: String? {
    if let effort { return effort }
    if mode == .disabled { return "none" }
    guard let budget else { return mode == .enabled ? "medium" : nil }
    return budget < 2_048 ? "low" : budget < 8_192 ? "medium" : "high"
  }

  /// It was said that the model is not to think.
  package var isOff: Bool { mode == .disabled || effort == "none" }
}
