package import Policy

/// What somebody who makes a virtual key asks for.
package struct KeyOrder: Sendable, Equatable {
  package var tenant: String
  package var team: String?
  package var user: String?
  package var tier: String?
  /// Globs of model names; empty allows all.
  package var models: [String] = []
  /// The class of all that it sends.
  package var dataClass: String?
  /// In the words that records have: `600 requests per minute`.
  package var limits: [String] = []
  /// How long the key is good for; nil: for ever.
  package var lifetime: Duration?

  /// Why there can be no such key: what to do about it.
  package struct Refusal: Error, Sendable, CustomStringConvertible {
    package let description: String
  }

  package init(tenant: String) { self.tenant = tenant }

  /// Reads the body of a request, JSON or YAML.
  package static func parse(_ text: String) throws(SettingsErrors) -> KeyOrder {
    try Form<KeyOrder>.keyOrder.read(body: text)
  }

  /// The terms of such a key at a millisecond since 1970, whose digest is a blank one that the key's takes the place of. Tenant, team
  /// and time zones must be there in the configuration and on this machine.
  package func terms(in settings: Settings, now: Int64) throws(Refusal) -> KeyTerms {
    guard let declared = settings.tenants.first(where: { $0.name == tenant }) else {
      throw Refusal(
        description: "tenant '\(tenant)' is not in the configuration: declare it under tenants first")
    }
    if let team, !declared.teams.contains(where: { $0.name == team }) {
      throw Refusal(
        description: "tenant '\(tenant)' has no team '\(team)' in the configuration: declare it first")
    }
    if let dataClass, !settings.routing.dataClasses.contains(where: { $0.name == dataClass }) {
      throw Refusal(
        description:
          "data class '\(dataClass)' is not in the configuration: declare it under routing.data_classes first"
      )
    }
    guard let blank = KeyDigest(Array(repeating: 0, count: 32)) else {
      throw Refusal(description: "a digest has 32 bytes")
    }
    do throws(KeyRecordError) {
      return try KeyTerms(
        digest: blank, tenant: tenant, team: team, user: user, tier: tier, models: models,
        dataClass: dataClass, limits: try recorded(),
        expires: lifetime.map { KeyInstant(milliseconds: now + $0.components.seconds * 1_000) })
    } catch {
      throw Refusal(description: error.description)
    }
  }

  private func recorded() throws(KeyRecordError) -> [RecordedLimit] {
    var recorded: [RecordedLimit] = []
    for text in limits {
      let limit = try RecordedLimit(text: text)
      guard Settings.Limit(limit, path: "") != nil else {
        throw KeyRecordError("limits", "'\(limit)' is in a time zone that this machine does not know")
      }
      recorded.append(limit)
    }
    return recorded
  }
}

extension Form {
  /// Reads what somebody sent: a document of its own, without an environment, as whoever sends it must not read ours.
  func read(body text: String) throws(SettingsErrors) -> Value {
    try read(text, name: "body", files: Files(besides: "body") { _ in [] })
  }

  /// The same of a file, which may name others.
  func read(_ text: String, name: String, files: Files) throws(SettingsErrors) -> Value {
    let tree: Tree
    do throws(Document.Problem) {
      tree = try Document.parse(text)
    } catch {
      throw SettingsErrors([
        SettingsError(
          file: name, line: error.mark.line, column: error.mark.column, path: "", message: error.message)
      ])
    }
    var reader = Reader(file: name, environment: [:], files: files)
    guard let value = read(tree, &reader), reader.errors.isEmpty else { throw SettingsErrors(reader.errors) }
    return value
  }
}
