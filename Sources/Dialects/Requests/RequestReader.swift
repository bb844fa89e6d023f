internal import Policy

/// Walks the top level of a request, side by side in the parsed document and in its source.
struct RequestReader {
  var facts: RequestFacts
  private(set) var cuts: SpliceCuts
  let keys: KeySet
  /// Nil where nobody asks what the prompt is about.
  let turns: PromptTurns?
  private var source: SourceCursor
  private var maxTokensRank = Int.max
  private var hasContent = false
  private var sessionRank = Int.max
  var beginning: PromptBeginning?
  /// Members of `metadata` that are wanted.
  var metadataNames: [String] = []

  private let notesMembers: Bool

  /// `readsPrefix`: how the prompt begins is wanted too. `notesMembers`: where members stand is.
  init(
    surface: Surface, turns: PromptTurns? = nil, source: SourceCursor, keys: KeySet,
    readsPrefix: Bool = false,
    notesMembers: Bool = false
  ) {
    self.notesMembers = notesMembers
    beginning = readsPrefix ? PromptBeginning() : nil
    facts = RequestFacts(surface: surface)
    facts.stream = surface.streamsUnlessTold
    cuts = SpliceCuts(objectStart: source.objectStart)
    self.source = source
    self.keys = keys
    self.turns = turns
  }

  /// Reads the members of `root`, an object.
  mutating func read(_ root: JSONValue) throws(PeekError) {
    var members = DistinctMembers(root, at: FieldPath(), keys: keys)
    var noted: [MemberCut] = []
    if notesMembers { noted.reserveCapacity(16) }
    while let (key, value) = try members.next(keys) {
      let place = source.next(isContainer: value.isContainer)
      cuts.objectIsEmpty = false
      if notesMembers { noted.append(MemberCut(key, value, place)) }
      guard let field = Field(key, on: facts.surface) else {
        if let field = Field.ignoringCase(key, on: facts.surface) { throw .misspelled(key, as: field) }
        continue
      }
      if place.isEscaped(key) { cuts.escapedKeys.append(EscapedKey(place: place.key, name: field.name)) }
      try read(field, value, place)
    }
    guard source.deepest <= JSONParser.maxDepth else { throw .malformed(.tooDeep) }
    try requireContent()
    if notesMembers { cuts.members = noted }
    facts.prefix = beginning?.value
    facts.prompt = turns?.facts()
  }

  /// The one of the lowest rank holds. One that isn't a text is the provider's to refuse.
  mutating func noteSession(_ value: JSONValue, rank: Int) {
    guard rank < sessionRank, let text = value.string, text.count > 0 else { return }
    var hash = Fingerprint()
    hash.add(UnsafeRawBufferPointer(text.buffer))
    (facts.session, sessionRank) = (hash.value, rank)
  }

  private mutating func read(_ field: Field, _ value: JSONValue, _ place: MemberPlace) throws(PeekError) {
    switch field {
    case .model:
      facts.model = try ScalarFields.model(value)
      cuts.model = place.value
    case .stream:
      facts.stream = try ScalarFields.bool(value, "stream") ?? facts.surface.streamsUnlessTold
    case .streamOptions: try readStreamOptions(value, place)
    case .maxCompletionTokens: try readMaxTokens(value, field, rank: 0)
    case .maxOutputTokens: try readMaxTokens(value, field, rank: 1)
    case .maxTokens: try readMaxTokens(value, field, rank: 2)
    case .choices: facts.choices = try ScalarFields.choices(value) ?? 1
    case .metadata: try readMetadata(value)
    case .promptCacheKey: noteSession(value, rank: 0)
    case .user: noteSession(value, rank: 2)
    case .responseFormat: try readFormat(value, at: FieldPath("response_format"))
    case .text: try readFormatHolder(value, "text")
    case .outputFormat: try readFormat(value, at: FieldPath("output_format"))
    case .outputConfig: try readFormatHolder(value, "output_config")
    case .format: facts.wantsJSON = value.isObject || value.string.map { $0 == "json" } ?? false
    case .options: try readOptions(value)
    case .images: countImages(value)
    case .system: try readSystem(value)
    case .tools: try readTools(value)
    case .messages, .prompt, .input, .instructions: try readContent(field, value)
    }
  }

  private mutating func readContent(_ field: Field, _ value: JSONValue) throws(PeekError) {
    switch (field, facts.surface) {
    case (.instructions, _): return try readInstructions(value)
    case (.messages, _): try readMessages(value)
    case (.input, .responses): try readItems(value)
    case (.input, _): try readTexts(value, "input", isOptional: false)
    default:
      try readTexts(value, "prompt", isOptional: true)
      cuts.promptIsList = value.isArray
    }
    hasContent = true
  }

  private func requireContent() throws(PeekError) {
    guard !hasContent else { return }
    switch facts.surface {
    case .chatCompletions, .messages, .countTokens, .ollamaChat: throw .missing("messages")
    case .embeddings, .ollamaEmbed: throw .missing("input")
    case .completions, .responses, .ollamaGenerate: break
    }
  }

  private mutating func readMaxTokens(_ value: JSONValue, _ field: Field, rank: Int) throws(PeekError) {
    guard let count = try ScalarFields.count(value, field.name), rank < maxTokensRank else { return }
    facts.maxOutputTokens = count
    maxTokensRank = rank
  }

  private mutating func readStreamOptions(_ value: JSONValue, _ place: MemberPlace) throws(PeekError) {
    guard !value.isNull else {
      cuts.usage = .null(place.value)
      return
    }
    guard value.isObject else {
      throw .wrongType("stream_options", expected: "an object or null", found: value)
    }
    var inner = source.entering(place)
    var isEmpty = true
    cuts.usage = .missing(at: inner.objectStart, objectIsEmpty: true)
    var members = DistinctMembers(value, at: FieldPath("stream_options"), keys: keys)
    while let (key, option) = try members.next(keys) {
      let optionPlace = inner.next(isContainer: option.isContainer)
      isEmpty = false
      if key == "include_usage" {
        try readIncludeUsage(key, option, optionPlace)
      }
    }
    if case .missing(let start, _) = cuts.usage { cuts.usage = .missing(at: start, objectIsEmpty: isEmpty) }
  }

  private mutating func readIncludeUsage(
    _ key: JSONBytes, _ value: JSONValue, _ place: MemberPlace
  ) throws(PeekError) {
    facts.includesUsage = try ScalarFields.bool(value, "stream_options.include_usage") ?? false
    cuts.usage = facts.includesUsage ? .on : .off(place.value)
    if place.isEscaped(key) {
      cuts.escapedKeys.append(EscapedKey(place: place.key, name: "include_usage"))
    }
  }
}

extension MemberCut {
  fileprivate init(_ key: JSONBytes, _ value: JSONValue, _ place: MemberPlace) {
    let kind: Kind = value.string != nil ? .text : value.isNull ? .null : .other
    self.init(
      key: place.key, value: place.value, kind: kind,
      plainKey: place.isEscaped(key) ? Array(key.buffer) : nil)
  }
}
