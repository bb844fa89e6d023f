import NIOCore

/// Reads an `Ask` from the body of Gemini's :generateContent, as strictly as the API does: it refuses members that
/// it doesn't know.
///
/// After https://ai.google.dev/api/generate-content and its errors as seen.
struct GeminiReader {
  var ask = Ask()
  var prompt = PromptCount()

  static func read(_ body: ByteBuffer) throws(Refusal) -> Ask {
    var reader = GeminiReader()
    let root = try Field.root(of: body, in: .gemini)
    try root.checkObject(of: [
      "contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings",
      "cachedContent", "model",
    ])
    if let system = root["systemInstruction"] { try reader.takeSystem(system) }
    for tool in try root["tools"]?.list() ?? [] { try reader.takeTool(tool) }
    if let choice = root["toolConfig"]?["functionCallingConfig"] { try reader.takeChoice(choice) }
    if let settings = root["generationConfig"] { try reader.takeSettings(settings) }
    try reader.takeContents(root)
    var ask = reader.ask
    ask.take(reader.prompt)
    return ask
  }

  private mutating func takeSettings(_ settings: Field) throws(Refusal) {
    try settings.checkObject(of: [
      "stopSequences", "responseMimeType", "responseSchema", "responseJsonSchema", "responseModalities",
      "candidateCount", "maxOutputTokens", "temperature", "topP", "topK", "seed", "presencePenalty",
      "frequencyPenalty", "responseLogprobs", "logprobs", "enableEnhancedCivicAnswers", "speechConfig",
      "thinkingConfig", "imageConfig", "mediaResolution",
    ])
    try settings["temperature"]?.checkNumber(in: 0...2)
    try settings["topP"]?.checkNumber(in: 0...1)
    try settings["topK"]?.checkNumber(in: 1...1_000_000)
    _ = try settings["seed"]?.whole(atLeast: Int(Int32.min))
    ask.maxTokens = try settings["maxOutputTokens"]?.whole(atLeast: 1)
    ask.choices = try settings["candidateCount"]?.whole(atLeast: 1) ?? 1
    guard ask.choices <= 8 else {
      throw Refusal(
        message: "* GenerateContentRequest.generation_config.candidate_count: must be at most 8.\n")
    }
    ask.stops = try settings["stopSequences"]?.strings() ?? []
    guard ask.stops.count <= 5 else {
      throw Refusal(
        message: "* GenerateContentRequest.generation_config.stop_sequences: must be at most 5.\n")
    }
    if let thinking = settings["thinkingConfig"] {
      try thinking.checkObject(of: ["includeThoughts", "thinkingBudget", "thinkingLevel"])
      ask.thinks = try thinking["includeThoughts"]?.flag() ?? false
      _ = try thinking["thinkingBudget"]?.whole(atLeast: -1)
    }
    try takeFormat(settings)
  }

  private mutating func takeFormat(_ settings: Field) throws(Refusal) {
    let types = ["text/plain", "application/json", "text/x.enum"]
    let type = try settings["responseMimeType"]?.string(among: types) ?? "text/plain"
    if let schema = settings["responseSchema"] { try schema.checkSchema() }
    if let schema = settings["responseSchema"] ?? settings["responseJsonSchema"] {
      guard type != "text/plain" else {
        throw Refusal(
          message: "* GenerateContentRequest.generation_config.response_schema: only allowed when "
            + "response_mime_type is 'application/json' or 'text/x.enum'.\n")
      }
      ask.format = .jsonSchema(try schema.object())
    } else if type == "application/json" {
      ask.format = .jsonObject
    }
  }
}

// MARK: - Tools

extension GeminiReader {
  /// Tools that the service runs itself are taken, and never called.
  private mutating func takeTool(_ tool: Field) throws(Refusal) {
    try tool.checkObject(of: [
      "functionDeclarations", "googleSearch", "googleSearchRetrieval", "codeExecution", "urlContext",
      "computerUse", "googleMaps", "fileSearch",
    ])
    for function in try tool["functionDeclarations"]?.list() ?? [] {
      try function.checkObject(of: [
        "name", "description", "behavior", "parameters", "parametersJsonSchema", "response",
        "responseJsonSchema",
      ])
      let name = try function.required("name").string()
      guard name.utf8.count <= 64, name.first?.isLetter == true || name.first == "_",
        isWord(name, with: "_.-:")
      else {
        throw function.refusal(
          "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, "
            + "0-9), underscores (_), dots (.) or dashes (-), with a maximum length of 64.")
      }
      if let parameters = function["parameters"] { try parameters.checkSchema() }
      let schema = try (function["parameters"] ?? function["parametersJsonSchema"])?.object()
      ask.offers.append(Ask.Offer(name: name, schema: schema ?? ["type": "object"]))
    }
  }

  private mutating func takeChoice(_ choice: Field) throws(Refusal) {
    try choice.checkObject(of: ["mode", "allowedFunctionNames", "streamFunctionCallArguments"])
    let mode = try choice["mode"]?.string(among: ["AUTO", "ANY", "NONE", "VALIDATED"]) ?? "AUTO"
    let names = try choice["allowedFunctionNames"]?.strings() ?? []
    guard names.isEmpty || mode == "ANY" || mode == "VALIDATED" else {
      throw Refusal(message: "Function calling config is set without function calling mode ANY.")
    }
    for name in names where !ask.offers.contains(where: { $0.name == name }) {
      throw Refusal(message: "allowed_function_names holds '\(name)', which is no declared function.")
    }
    if !names.isEmpty { ask.offers.removeAll { !names.contains($0.name) } }
    switch mode {
    case "ANY": ask.use = .always
    case "NONE": ask.use = .never
    default: ask.use = .auto
    }
  }
}

extension Field {
  /// Refuses what Google's Schema, a part of OpenAPI's, does not have: `additionalProperties`, lists of types.
  func checkSchema() throws(Refusal) {
    try checkObject(of: [
      "type", "format", "title", "description", "nullable", "enum", "maxItems", "minItems", "properties",
      "required", "minProperties", "maxProperties", "minLength", "maxLength", "pattern", "example", "anyOf",
      "propertyOrdering", "default", "items", "minimum", "maximum",
    ])
    if let type = self["type"] {
      guard type.value.elements == nil else {
        throw Refusal(
          message: "Invalid JSON payload received. Unknown name \"type\" at '\(path)': "
            + "Proto field is not repeating, cannot start list.")
      }
      let names = ["string", "number", "integer", "boolean", "array", "object", "null"]
      guard names.contains(try type.string().lowercased()) else { throw type.refusal(.choice(names)) }
    }
    _ = try self["enum"]?.strings()
    if let items = self["items"] { try items.checkSchema() }
    for option in try self["anyOf"]?.list() ?? [] { try option.checkSchema() }
    guard let properties = self["properties"], case .object(let members) = try properties.object() else {
      return
    }
    for member in members {
      try Field(value: member.value, path: "\(properties.path)[\(member.key)]", dialect: dialect)
        .checkSchema()
    }
  }
}
