/// Who asks: what a valid key stands for. One object per key and configuration, shared by all exchanges.
package final class Principal: Sendable {
  package let tenant: String
  /// The key's configured id, never the key.
  package let key: String
  package let team: String?
  /// The person or program behind the key.
  package let user: String?
  package let tier: String?
  /// Positions of the models that the key allows; nil allows all.
  package let models: Set<Int>?
  package let limits: KeyLimits
  /// The highest class in which its requests wait.
  package let priority: Priority
  /// Which versions it may ask for by number.
  package let pins: PinRight
  /// Of all that it asks.
  package let dataClasses: DataClassSet
  /// A hash of its name that is the same on all replicas.
  package let caller: UInt64

  package init(
    tenant: String, key: String, team: String?, user: String? = nil, tier: String?, models: Set<Int>?,
    limits: KeyLimits = .none, priority: Priority = .standard, pins: PinRight = .served,
    dataClasses: DataClassSet = []
  ) {
    self.tenant = tenant
    self.key = key
    self.team = team
    self.user = user
    self.tier = tier
    self.models = models
    self.limits = limits
    self.priority = priority
    self.pins = pins
    self.dataClasses = dataClasses
    caller = Self.hash("\(tenant)/\(key)")
  }

  /// FNV-1a, mixed: its lowest bits, by which breakers put callers into cells, depend on no more than those of each byte.
  private static func hash(_ name: String) -> UInt64 {
    name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }.mixed
  }

  package func allows(_ model: Int) -> Bool { models?.contains(model) ?? true }
}
