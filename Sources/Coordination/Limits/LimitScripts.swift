import Policy

/// The scripts that keep the shared limits, and their arguments. `LimitStore` is their twin.
struct LimitScripts: Sendable {
  let admit: Script
  let settle: Script
  let charge: Script
  let renew: Script
  let lease: Script

  init(clock: Script.Clock = .redis) {
    let shared = PackageResources.limits_lua
    admit = Script(shared, PackageResources.admit_lua, clock: clock)
    settle = Script(shared, PackageResources.settle_lua, clock: clock)
    charge = Script(shared, PackageResources.charge_lua, clock: clock)
    renew = Script(shared, PackageResources.renew_lua, clock: clock)
    lease = Script(shared, PackageResources.lease_lua, clock: clock)
  }
}

/// What a script is called with.
struct ScriptCall: Equatable, Sendable {
  /// A number's digits are written straight into the command.
  enum Word: Equatable, Sendable {
    case string(String)
    case number(Int64)

    var text: String {
      switch self {
      case .string(let text): text
      case .number(let number): String(number)
      }
    }
  }

  var keys: [String]
  var arguments: [Word]

  init(keys: [String], arguments: [Word]) {
    self.keys = keys
    self.arguments = arguments
  }

  /// For `admit` and for `charge`.
  init(_ admission: Admission) {
    self.init(
      admission.reservation, admission.charges,
      [
        .string(admission.id), .string(StoredValue.reservation(admission.reserved).text),
        .number(admission.lifetime),
      ])
  }

  /// For each settlement its reservation and limits; id, number of limits, and limits: as `settle.lua` reads them. All of one slot.
  init(_ settlings: [Settling]) {
    (keys, arguments) = ([], [])
    let count = settlings.reduce(0) { $0 + $1.charges.count }
    keys.reserveCapacity(settlings.count + count)
    arguments.reserveCapacity(2 * settlings.count + 5 * count)
    for settling in settlings {
      keys.append(settling.reservation)
      arguments.append(.string(settling.id))
      arguments.append(.number(Int64(settling.charges.count)))
      for charge in settling.charges { append(charge) }
    }
  }

  init(renewing ids: [String], of key: String, _ rule: Slots.Rule) {
    keys = [key]
    arguments = [.number(rule.lifetime)] + ids.map(Word.string)
  }

  /// For each bucket `b`, tokens, window, charged before, used, wanted: as `lease.lua` reads them.
  init(_ lease: LeaseCall) {
    keys = [lease.record] + lease.parts.map(\.key)
    arguments = [.string(lease.owner), .number(lease.sequence), .number(lease.lifetime)]
    for part in lease.parts {
      arguments.append(.string("b"))
      for number in [part.rule.tokens, part.rule.window, part.before, part.used, part.wanted] {
        arguments.append(.number(number))
      }
    }
  }

  private init(_ reservation: String, _ charges: [Charge], _ first: [Word]) {
    (keys, arguments) = ([], [])
    keys.reserveCapacity(1 + charges.count)
    arguments.reserveCapacity(first.count + 5 * charges.count)
    keys.append(reservation)
    arguments += first
    for charge in charges { append(charge) }
  }

  private mutating func append(_ charge: Charge) {
    keys.append(charge.key)
    switch charge.rule {
    case .bucket(let rule): append("b", rule.tokens, rule.window, 0, charge.cost)
    case .budget(let budget): append("g", budget.capacity, budget.starts, budget.ends, charge.cost)
    case .slots(let rule): append("s", Int64(rule.count), rule.lifetime, 0, charge.cost)
    }
  }

  /// Kind, three numbers, cost: as `limits.lua` reads them.
  private mutating func append(_ kind: String, _ one: Int64, _ two: Int64, _ three: Int64, _ cost: Int64) {
    arguments.append(.string(kind))
    arguments.append(.number(one))
    arguments.append(.number(two))
    arguments.append(.number(three))
    arguments.append(.number(cost))
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

extension LeaseCall.Reply {
  /// What `lease` answered; nil where it isn't an answer of that script.
  init?(_ numbers: [Int64]) {
    switch (numbers.first, numbers.count) {
    case (1, _): self = .granted(left: Array(numbers.dropFirst()))
    case (0, _): self = .refused(left: Array(numbers.dropFirst()))
    case (2, 1): self = .late
    default: return nil
    }
  }
}
