package import Coordination
package import Policy
package import Settings

/// Virtual keys as people and programs are shown them. A key itself is in `json(issued:)` alone.
package enum KeyText {
  /// What whoever made the key is answered, once.
  package static func json(issued: KeyManager.Issued, _ terms: KeyTerms?) -> JSON {
    .object(
      [
        ("id", .string(issued.key.id.description)), ("key", .string(issued.key.reveal())),
        ("version", .int(Int(issued.version))),
      ] + (issued.isTold ? [] : [("told", .bool(false))]) + (terms.map(members) ?? []))
  }

  /// Without a record: of one that can't be read.
  package static func json(_ id: String, _ record: KeyRecord?) -> JSON {
    guard let record else { return ["id": .string(id), "unreadable": .bool(true)] }
    return .object(
      [("id", .string(id))] + members(record.terms) + [
        ("version", .int(Int(record.version))), ("created", .string(record.created.description)),
        ("changed", .string(record.changed.description)),
      ] + optional("revoked", record.revoked?.description))
  }

  /// One line for a person.
  package static func line(_ id: String, _ record: KeyRecord?) -> String {
    "\(id)  \(words(record))"
  }

  /// What is known of a key, in words; nil where it can't be read.
  package static func words(_ record: KeyRecord?) -> String {
    guard let terms = record?.terms else { return "(its record can't be read)" }
    let parts = [
      terms.tenant, terms.team.map { "team \($0)" }, terms.user.map { "user \($0)" },
      terms.models.isEmpty ? nil : "models \(terms.models.joined(separator: " "))",
      terms.limits.isEmpty ? nil : terms.limits.map(\.description).joined(separator: ", "),
      terms.former.map { "former secret until \($0.until)" }, terms.expires.map { "expires \($0)" },
      record?.revoked.map { "REVOKED \($0)" },
    ]
    return parts.compactMap { $0 }.joined(separator: "; ")
  }

  private static func members(_ terms: KeyTerms) -> [(name: String, value: JSON)] {
    [("tenant", .string(terms.tenant))]
      + optional("team", terms.team) + optional("user", terms.user) + optional("tier", terms.tier)
      + list("models", terms.models) + list("limits", terms.limits.map(\.description))
      + optional("former_until", terms.former?.until.description)
      + optional("expires", terms.expires?.description)
  }

  private static func optional(_ name: String, _ text: String?) -> [(name: String, value: JSON)] {
    text.map { [(name, .string($0))] } ?? []
  }

  private static func list(_ name: String, _ texts: [String]) -> [(name: String, value: JSON)] {
    texts.isEmpty ? [] : [(name, .array(texts.map { .string($0) }))]
  }
}
