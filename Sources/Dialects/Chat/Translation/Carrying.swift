/// Something that a chat request or its answer may have.
package enum ChatFeature: String, Sendable, CaseIterable {
  // Messages.
  case text, system, developer
  case participantName = "name"
  case imageURL = "image_url"
  case imageData = "image_data"
  case imageDetail = "image_detail"
  case toolResultImage = "tool_result_image"
  case toolError = "tool_error"
  case formerThinking = "former_thinking"
  case formerRefusal = "former_refusal"
  case otherParts = "other_parts"
  case cacheMark = "cache_mark"
  // Tools.
  case tools
  case strictTools = "strict_tools"
  case otherTools = "other_tools"
  case toolChoice = "tool_choice"
  case allowedTools = "allowed_tools"
  case parallelToolCalls = "parallel_tool_calls"
  // The answer's form.
  case json = "json_object"
  case schema = "json_schema"
  case schemaDetails = "json_schema_details"
  case stop
  case maxTokens = "max_tokens"
  case choices = "n"
  case logprobs
  case stream
  // Sampling and reasoning.
  case temperature
  case topP = "top_p"
  case topK = "top_k"
  case penalties = "frequency_penalty"
  case seed
  case reasoningEffort = "reasoning_effort"
  case reasoningBudget = "reasoning_budget"
  // Around it.
  case user, metadata
  case otherMembers = "other_members"
  // Answers.
  case thinking
  case cachedTokens = "cached_tokens"
  case reasoningTokens = "reasoning_tokens"
}

/// What becomes of a feature on its way to a provider that speaks another dialect than the client.
package enum Carried: Sendable, Equatable {
  /// As it is, in the dialect's words.
  case whole
  /// In another form, said in a sentence's end.
  case changed(String)
  /// Left out, and why, said in a sentence's end.
  case dropped(String)
  /// The request is refused with this sentence.
  case refused(String)
}

/// What each dialect carries: the one table that translations, `explain` and the documentation go by.
package enum Carrying {
  package struct Row: Sendable {
    package let feature: ChatFeature
    /// In the order of `ChatDialectName`: openai, anthropic, ollama, gemini.
    package let carried: [Carried]

    fileprivate init(
      _ feature: ChatFeature, _ openai: Carried = .whole, _ anthropic: Carried = .whole,
      _ ollama: Carried = .whole, _ gemini: Carried = .whole
    ) {
      self.feature = feature
      carried = [openai, anthropic, ollama, gemini]
    }
  }

  /// What becomes of a feature on its way to a provider of that dialect.
  package static func of(_ feature: ChatFeature, to dialect: ChatDialectName) -> Carried {
    let position =
      switch dialect {
      case .openai: 0
      case .anthropic: 1
      case .ollama: 2
      case .gemini: 3
      }
    return rows.first { $0.feature == feature }?.carried[position] ?? .whole
  }

  /// Why a member of a body that only the client's dialect has can't just be left out; nil where it can.
  package static func reasonToRefuse(_ member: String, of origin: ChatDialectName) -> String? {
    if origin == .ollama { return reasonToRefuse(ollama: member) }
    return switch (origin, member) {
    case (.openai, "functions"), (.openai, "function_call"): "Send 'tools' and 'tool_choice' in its place."
    case (.openai, "audio"): "Audio exists at OpenAI only. Ask for text, or for another model."
    case (.openai, "web_search_options"):
      "Searching exists at OpenAI only. Leave it out, or ask for another model."
    case (.anthropic, "mcp_servers"), (.anthropic, "container"):
      "It exists at Anthropic only. Leave it out, or ask for another model."
    case (.anthropic, "inference_geo"):
      "The provider can't be told where to work. Leave it out, or ask for another model."
    default: nil
    }
  }

  private static func reasonToRefuse(ollama member: String) -> String? {
    switch member {
    case "raw", "template": "Templates of prompts exist at Ollama only. Send 'prompt' and 'system' alone."
    case "context": "Tokens of another model mean nothing there. Send the chat so far to /api/chat."
    case "suffix": "Text can't be filled in there. Leave it out, or ask for another model."
    case "_debug_render_only": "Only Ollama shows its prompts. Leave it out."
    default: nil
    }
  }

  package static let rows: [Row] = Array([messages, tools, answers, sampling, around].joined())

  private static let messages = [
    Row(.text),
    Row(
      .system, .whole, .changed("is sent in front of all other messages"), .whole,
      .changed("is sent in front of all turns, or as the user's turn where there is no other")),
    Row(
      .developer, .whole, .changed("is sent as the system's"), .changed("is sent as the system's"),
      .changed("is sent as the system's")),
    Row(.participantName, .whole, noName, noName, noName),
    Row(
      .imageURL, .whole, .whole,
      .refused("Ollama takes images as data only. Send a data URL with base64."),
      .changed("is sent as the address of a file, which the provider has to be able to fetch")),
    Row(.imageData),
    Row(.imageDetail, .whole, noDetail, noDetail, noDetail),
    Row(.toolResultImage, movedImage, .whole, movedImage, movedImage),
    Row(.toolError, noToolError, .whole, noToolError, .changed("is sent as the result's 'error'")),
    Row(
      .formerThinking, .dropped("is not sent: the API takes no thoughts of former turns"),
      .changed("is sent where it is signed, else left out"),
      .changed("is sent as text, without what is signed or encrypted"),
      .dropped("is not sent: only Gemini's own signatures are, not the text")),
    Row(.formerRefusal, .whole, refusalAsText, refusalAsText, refusalAsText),
    Row(.otherParts, noOtherPart, noOtherPart, noOtherPart, noOtherPart),
    Row(.cacheMark, ownCache, .whole, ownCache, ownCache),
  ]

  private static let tools = [
    Row(.tools, .whole, .whole, .whole, .changed("is sent, but arguments aren't held to these keywords")),
    Row(.strictTools, .whole, .whole, noStrictTool, noStrictTool),
    Row(.otherTools, noOtherTool, noOtherTool, noOtherTool, noOtherTool),
    Row(
      .toolChoice, .whole, .whole,
      .refused("Ollama always lets the model choose. Send 'auto', or 'none', or leave it out."), .whole),
    Row(
      .allowedTools, .whole, .changed("sends only the tools that are allowed"),
      .changed("sends only the tools that are allowed"),
      .changed("sends only the tools that are allowed, where none has to be called")),
    Row(.parallelToolCalls, .whole, .whole, noParallel, noParallel),
  ]

  private static let answers = [
    Row(.json, .whole, .changed("is sent as a tool that has to be called; beside other tools it is refused")),
    Row(.schema, .whole, .whole, .whole, .changed("is sent, but the answer isn't held to these keywords")),
    Row(.schemaDetails, .whole, noSchemaDetails, noSchemaDetails, noSchemaDetails),
    Row(.stop, .whole, .changed("is sent; a sequence of white space alone is refused")),
    Row(
      .maxTokens, .whole, .changed("is sent as 32000, to models before Claude 4 as 8192, where it is missing")
    ),
    Row(.choices, .whole, oneChoice, oneChoice, .whole),
    Row(
      .logprobs, .whole, .refused("Anthropic's API has none. Leave it out, or ask for another model."),
      .whole, .whole),
    Row(.stream),
  ]

  private static let sampling = [
    Row(
      .temperature, .whole,
      .changed("is sent as 1 where it is above; not to Claude from 4.7 on, nor to one that thinks"),
      .whole, .whole),
    Row(
      .topP, .whole,
      .changed("is sent to Claude without a temperature; not from 4.7 on, nor below 0.95 to one that thinks")),
    Row(
      .topK, .dropped("is not sent: OpenAI's API has none"),
      .changed("is sent; not to Claude from 4.7 on, nor to one that thinks")),
    Row(.penalties, .whole, .dropped("is not sent: Anthropic's API has none")),
    Row(
      .seed, .whole, .dropped("is not sent: Anthropic's API has none"), .whole,
      .changed("is sent as its lower 32 bits")),
    Row(
      .reasoningEffort, .whole,
      .changed("is sent as a budget before Claude 4.6, else minimal as low; none where it can't be"),
      .changed("is sent as the nearest of low, medium, high and max"), .changed("is sent as a budget")),
    Row(
      .reasoningBudget, .changed("is sent as an effort"),
      .changed("is sent as an effort to Claude from 4.6 on; less or none where the API takes no more"),
      .changed("is sent as an effort"), .whole),
  ]

  private static let around = [
    Row(.user, .whole, .whole, noUser, noUser),
    Row(.metadata, .whole, noMetadata, noMetadata, noMetadata),
    Row(.otherMembers, noOther, noOther, noOther, noOther),
    Row(.thinking),
    Row(.cachedTokens, .whole, .whole, .dropped("is not counted by the provider")),
    Row(.reasoningTokens, .whole, .whole, noReasoningCount),
  ]

  private static let noName = Carried.dropped("is not sent: participants have no names there")
  private static let noDetail = Carried.dropped("is not sent: images are always looked at as closely")
  private static let movedImage = Carried.changed("is sent in a user's message behind the results")
  private static let noToolError = Carried.dropped("is not sent: the result's text has to say it")
  private static let refusalAsText = Carried.changed("is sent as text")
  private static let noOtherPart = Carried.refused(
    "It exists in the client's own dialect only. Send text or images.")
  private static let ownCache = Carried.dropped("is not sent: the provider caches by itself")
  private static let noStrictTool = Carried.dropped("is not sent: arguments are not held to the schema there")
  private static let noOtherTool = Carried.refused("Only functions can be sent there.")
  private static let noParallel = Carried.dropped("is not sent: there is no such switch")
  private static let noSchemaDetails = Carried.dropped("is not sent: a schema stands alone there")
  private static let oneChoice = Carried.refused(
    "One answer at a time can be had there. Send one request for each.")
  private static let noUser = Carried.dropped("is not sent: there is no such field")
  private static let noMetadata = Carried.dropped("is not sent: there is no such field")
  private static let noOther = Carried.dropped("is not sent: the client's dialect alone has it")
  private static let noReasoningCount = Carried.dropped("is not counted by the provider")
}
