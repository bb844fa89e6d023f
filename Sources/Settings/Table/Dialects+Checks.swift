/// What a provider's dialect asks of its addresses and options.
enum DialectChecks {
  static func provider(_ provider: inout Settings.Provider, _ reader: inout Reader) {
    if let endings = endings(of: provider.dialect) { checkAddresses(&provider, endings, &reader) }
    guard provider.dialect != .openai else { return }
    // Its default, which a printed configuration names everywhere, does no harm.
    let isLimited = provider.outputLimit != .maxCompletionTokens
    for (key, isSet) in [("api_version", provider.apiVersion != nil), ("output_limit", isLimited)] where isSet
    {
      reader.fail("is for dialect openai, and this is \(provider.dialect.rawValue): remove it", under: [key])
    }
  }

  /// SDKs of those dialects take a base URL without the version, and so does the router: with it, it would stand there twice.
  private static func checkAddresses(
    _ provider: inout Settings.Provider, _ endings: [String], _ reader: inout Reader
  ) {
    for (index, endpoint) in provider.endpoints.enumerated() {
      let place = reader.isWritten("base_url") ? ["base_url"] : ["endpoints", "[\(index)]"]
      check(endpoint.url, endings, provider.dialect, at: place, &reader)
    }
    guard let discovery = provider.discovery else { return }
    if reader.isWritten("discover", "path") {
      check(discovery.path, endings, provider.dialect, at: ["discover", "path"], &reader)
    } else {
      provider.discovery?.path = "/"
    }
  }

  private static func check(
    _ text: String, _ endings: [String], _ dialect: Settings.Provider.Dialect, at place: [String],
    _ reader: inout Reader
  ) {
    guard let ending = endings.first(where: { text.hasSuffix($0) }) else { return }
    let rest = text.dropLast(ending.count)
    reader.fail(
      "ends in \(ending), which the router adds for dialect \(dialect.rawValue): write"
        + " '\(rest.isEmpty ? "/" : rest)'", under: place)
  }

  /// What the paths of their APIs begin with; nil where the base URL holds it.
  private static func endings(of dialect: Settings.Provider.Dialect) -> [String]? {
    switch dialect {
    case .anthropic: ["/v1"]
    case .ollama: ["/api", "/v1"]
    case .openai, .gemini, .openInference: nil
    }
  }
}
