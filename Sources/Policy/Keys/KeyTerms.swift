/// What a virtual key stands for, as whoever makes it says.
package struct KeyTerms: Equatable, Sendable {
  /// The secret before the last rotation, for those who have not taken up the new one yet.
  package struct Former: Equatable, Sendable {
    package let digest: KeyDigest
    /// The first second in which it is refused.
    package let until: KeyInstant

    package init(digest: KeyDigest, until: KeyInstant) {
      self.digest = digest
      self.until = until
    }
  }

  /// Of the whole key, `sy-` and all.
  package var digest: KeyDigest
  package var former: Former?
  package var tenant: String
  package var team: String?
  /// The person or program behind the key.
  package var user: String?
  package var tier: String?
  /// Globs of model names; empty allows all.
  package var models: [String]
  package var dataClass: String?
  package var limits: [RecordedLimit]
  /// The first second in which the key is refused; nil: never.
  package var expires: KeyInstant?

  package static let mostModels = 64
  package static let mostLimits = 32

  /// Throws where a name breaks the rule, or a list is too long.
  package init(
    digest: KeyDigest, former: Former? = nil, tenant: String, team: String? = nil, user: String? = nil,
    tier: String? = nil, models: [String] = [], dataClass: String? = nil, limits: [RecordedLimit] = [],
    expires: KeyInstant? = nil
  ) throws(KeyRecordError) {
    self.digest = digest
    self.former = former
    self.tenant = tenant
    self.team = team
    self.user = user
    self.tier = tier
    self.models = models
    self.dataClass = dataClass
    self.limits = limits
    self.expires = expires
    try validate()
  }

  /// Throws what `init` would.
  package func validate() throws(KeyRecordError) {
    let names = [
      ("tenant", tenant), ("team", team), ("user", user), ("tier", tier), ("data_class", dataClass),
    ]
    for (field, name) in names {
      guard let name, !RecordRule.isName(name) else { continue }
      throw KeyRecordError(field, "'\(name.prefix(40))' is not a name: \(RecordRule.name)")
    }
    try validateModels()
    try validateLimits()
  }

  private func validateModels() throws(KeyRecordError) {
    guard models.count <= Self.mostModels else {
      throw KeyRecordError("models", "are \(models.count): at most \(Self.mostModels)")
    }
    for model in models where !RecordRule.isGlob(model) {
      throw KeyRecordError(
        "models", "has '\(model.prefix(40))', which is not a model name with * for any letters")
    }
  }

  private func validateLimits() throws(KeyRecordError) {
    guard limits.count <= Self.mostLimits else {
      throw KeyRecordError("limits", "are \(limits.count): at most \(Self.mostLimits)")
    }
    var claims: Set<String> = []
    for limit in limits where !claims.insert(limit.claim).inserted {
      throw KeyRecordError("limits", "has \(limit.claim) twice, and the stricter would hide the other")
    }
  }
}
