/// What a provider's dialect asks of its addresses and options.
enum DialectChecks {
  static func provider(_ provider: Settings.Provider, _ reader: inout Reader) {
    checkAddresses(provider, &reader)
    guard provider.dialect != .openai else { return }
    for key in ["api_version", "output_limit"] where reader.isWritten(key) {
      reader.fail("is for dialect openai, and this is \(provider.dialect.rawValue): remove it", under: [key])
    }
  }

  /// SDKs of those dialects take a base URL without the version, and so does the router: with it, it would stand there twice.
  private static func checkAddresses(_ provider: Settings.Provider, _ reader: inout Reader) {
    guard let endings = endings(of: provider.dialect) else { return }
    for (index, endpoint) in provider.endpoints.enumerated() {
      guard let ending = endings.first(where: { endpoint.url.hasSuffix($0) }) else { continue }
      let place = reader.isWritten("base_url") ? ["base_url"] : ["endpoints", "[\(index)]"]
      reader.fail(
        "ends in \(ending), which the router adds for dialect \(provider.dialect.rawValue): write"
          + " '\(endpoint.url.dropLast(ending.count))'", under: place)
    }
  }

  private static func endings(of dialect: Settings.Provider.Dialect) -> [String]? {
    switch dialect {
    case .anthropic: ["/v1"]
    case .ollama: ["/api", "/v1"]
    case .openai, .gemini, .openInference: nil
    }
  }
}
