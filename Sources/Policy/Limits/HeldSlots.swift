/// The slots that this replica's exchanges hold: what is renewed while they run, and counted while the shared state is away.
package struct HeldSlots: Sendable {
  package struct Holders: Sendable {
    package var rule: Slots.Rule
    package var ids: Set<String> = []
  }

  package private(set) var keys: [String: Holders] = [:]

  package init() {}

  package func count(_ key: String) -> Int { keys[key]?.ids.count ?? 0 }

  package mutating func take(_ id: String, of key: String, _ rule: Slots.Rule) {
    keys[key, default: Holders(rule: rule)].ids.insert(id)
    keys[key]?.rule = rule
  }

  package mutating func giveBack(_ id: String, of key: String) {
    keys[key]?.ids.remove(id)
    if keys[key]?.ids.isEmpty == true { keys[key] = nil }
  }
}
