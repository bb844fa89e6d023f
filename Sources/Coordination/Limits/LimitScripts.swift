import Policy

/// The scripts that keep the shared limits, and their arguments. `LimitStore` is their twin.
struct LimitScripts: Sendable {
  let admit: Script
  let settle: Script
  let charge: Script
  let renew: Script

  init(clock: Script.Clock = .redis) {
    let shared = PackageResources.limits_lua
    admit = Script(shared, PackageResources.admit_lua, clock: clock)
    settle = Script(shared, PackageResources.settle_lua, clock: clock)
    charge = Script(shared, PackageResources.charge_lua, clock: clock)
    renew = Script(shared, PackageResources.renew_lua, clock: clock)
  }
}

/// What a script is called with.
struct ScriptCall: Equatable, Sendable {
  var keys: [String]
  var arguments: [String]

  init(keys: [String], arguments: [String]) {
    self.keys = keys
    self.arguments = arguments
  }

  /// For `admit` and for `charge`.
  init(_ admission: Admission) {
    keys = [admission.reservation] + admission.charges.map(\.key)
    arguments = [admission.id, StoredValue.reservation(admission.reserved).text, String(admission.lifetime)]
    arguments += admission.charges.flatMap(Self.arguments)
  }

  init(_ settling: Settling) {
    keys = [settling.reservation] + settling.charges.map(\.key)
    arguments = [settling.id] + settling.charges.flatMap(Self.arguments)
  }

  init(renewing ids: [String], of key: String, _ rule: Slots.Rule) {
    keys = [key]
    arguments = [String(rule.lifetime)] + ids
  }

  /// Kind, three numbers, cost: as `limits.lua` reads them.
  private static func arguments(of charge: Charge) -> [String] {
    let (kind, numbers): (String, [Int64]) =
      switch charge.rule {
      case .bucket(let rule): ("b", [rule.tokens, rule.window, 0])
      case .budget(let budget): ("g", [budget.capacity, budget.starts, budget.ends])
      case .slots(let rule): ("s", [Int64(rule.count), rule.lifetime, 0])
      }
    return [kind] + (numbers + [charge.cost]).map(String.init)
  }
}

extension Admission.Reply {
  /// What `admit` answered; nil where it isn't an answer of that script.
  init?(_ numbers: [Int64]) {
    switch (numbers.first, numbers.count) {
    case (1, _): self = .admitted(left: Array(numbers.dropFirst()))
    case (2, 1): self = .repeated
    case (3, 2): self = .otherWindow(now: numbers[1])
    case (0, 4):
      self = .refused(charge: Int(numbers[1]), wait: numbers[2] < 0 ? nil : numbers[2], left: numbers[3])
    default: return nil
    }
  }
}
