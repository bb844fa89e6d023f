/// One line of JSON, as the registry keeps it:
/// `{"deployment":"gpt","model":"chat","parameters":{"temperature":0.2},"prompt":{"sha256":"…"},"provider_model":"gpt-4o","version":11}`
extension Bundle {
  /// The same for equal bundles, byte for byte. What is absent or empty is left out.
  package var line: String {
    var members: [JSONLiteral.Member] = [
      .init("model", .string(model)), .init("deployment", .string(deployment)),
      .init("provider_model", .string(providerModel)),
    ]
    if let number = JSONNumber("\(version)") { members.append(.init("version", .number(number))) }
    if let prompt {
      let template = prompt.template.map { [JSONLiteral.Member("template", .string($0))] } ?? []
      members.append(
        .init("prompt", .object(template + [.init("sha256", .string(prompt.sha256.text))])))
    }
    if !parameters.isEmpty {
      members.append(.init("parameters", .object(parameters.map { .init($0.key, $0.value) })))
    }
    if let tools { members.append(.init("tools", .string(tools.text))) }
    if !metadata.isEmpty {
      members.append(.init("metadata", .object(metadata.map { .init($0.key, .string($0.value)) })))
    }
    return JSONLiteral.object(members + others).text
  }

  /// Reads what `line` writes, however its members are ordered and spaced. That a template has the hash beside it is for those to
  /// check who can hash.
  package init(line: String) throws(BundleError) {
    guard line.utf8.count <= BundleRule.longestLine else {
      throw .tooLong
    }
    var members: Members
    do throws(JSONLiteral.Flaw) {
      members = Members(try JSONLiteral(text: line), of: "the bundle")
    } catch {
      throw BundleError("the bundle", "is no JSON: there is \(error.reason) at byte \(error.offset)")
    }
    let (model, deployment) = (try members.string("model"), try members.string("deployment"))
    let providerModel = try members.string("provider_model")
    let version = try members.version()
    let prompt = try members.prompt()
    let tools = try members.digest("tools")
    let (parameters, metadata) = (try members.object("parameters"), try members.texts("metadata"))
    try self.init(
      model: model, version: version, deployment: deployment, providerModel: providerModel, prompt: prompt,
      parameters: parameters, tools: tools, metadata: metadata, others: members.rest)
  }
}

/// The members of an object, each taken once.
private struct Members {
  /// What the object is, for errors: `prompt`.
  private let owner: String
  private let isObject: Bool
  private(set) var rest: [JSONLiteral.Member]

  init(_ value: JSONLiteral, of owner: String) {
    self.owner = owner
    if case .object(let members) = value {
      (isObject, rest) = (true, members)
    } else {
      (isObject, rest) = (false, [])
    }
  }

  private mutating func take(_ name: String) throws(BundleError) -> JSONLiteral? {
    guard isObject else { throw BundleError(owner, "is no JSON object") }
    guard let index = rest.firstIndex(where: { $0.name == name }) else { return nil }
    return rest.remove(at: index).value
  }

  private mutating func optionalString(_ name: String) throws(BundleError) -> String? {
    guard let value = try take(name) else { return nil }
    guard case .string(let text) = value else { throw BundleError(name, "is no text") }
    return text
  }

  mutating func string(_ name: String) throws(BundleError) -> String {
    guard let text = try optionalString(name) else { throw BundleError(name, "is missing") }
    return text
  }

  mutating func digest(_ name: String) throws(BundleError) -> ContentDigest? {
    guard let text = try optionalString(name) else { return nil }
    guard let digest = ContentDigest(text: text) else {
      throw BundleError(name, "is not 64 hexadecimal digits in lower case")
    }
    return digest
  }

  mutating func version() throws(BundleError) -> Int {
    guard case .number(let number)? = try take("version"), let version = number.int else {
      throw BundleError("version", "is missing, or no whole number")
    }
    return version
  }

  mutating func prompt() throws(BundleError) -> Bundle.Prompt? {
    guard let value = try take("prompt") else { return nil }
    var members = Members(value, of: "prompt")
    let template = try members.optionalString("template")
    guard let digest = try members.digest("sha256") else { throw BundleError("prompt.sha256", "is missing") }
    if let stranger = members.rest.first {
      throw BundleError(
        "prompt.\(stranger.name)", "is not known to this release, which can't keep the prompt")
    }
    return Bundle.Prompt(template: template, sha256: digest)
  }

  mutating func object(_ name: String) throws(BundleError) -> [String: JSONLiteral] {
    guard let value = try take(name) else { return [:] }
    guard case .object(let members) = value else { throw BundleError(name, "is no JSON object") }
    // Names that Swift takes for equal are spelled otherwise, and no names of parameters or metadata.
    return Dictionary(members.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  mutating func texts(_ name: String) throws(BundleError) -> [String: String] {
    var texts: [String: String] = [:]
    for (key, value) in try object(name) {
      guard case .string(let text) = value else { throw BundleError("\(name).\(key)", "is no text") }
      texts[key] = text
    }
    return texts
  }
}
