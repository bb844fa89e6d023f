/// Who asks: what a valid key stands for.
package struct Principal: Sendable, Equatable {
  package var tenant: String
  /// The key's configured id, never the key.
  package var key: String
  package var team: String?
  package var tier: String?
  /// Positions of the models that the key allows; nil allows all.
  package var models: Set<Int>?

  package init(tenant: String, key: String, team: String?, tier: String?, models: Set<Int>?) {
    self.tenant = tenant
    self.key = key
    self.team = team
    self.tier = tier
    self.models = models
  }

  package func allows(_ model: Int) -> Bool { models?.contains(model) ?? true }
}
