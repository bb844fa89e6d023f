/// What the document names and what it refers to by name, in any order; matched once all is read.
struct Names {
  /// What a name is a name of.
  struct Kind: Hashable {
    var noun: String
    /// Where names of this kind hold, ` in tenants.acme`; empty where that is the whole document.
    var scope = ""

    static let provider = Kind(noun: "provider")
    static let deployment = Kind(noun: "deployment")
    static let model = Kind(noun: "model")
    static let ensemble = Kind(noun: "ensemble")
    /// Teams belong to the tenant around `path`.
    static func team(at path: Path) -> Kind {
      Kind(noun: "team", scope: " in \(Path(Array(path.parts.prefix(2))))")
    }
  }

  struct Reference {
    var kind: Kind
    var written: Written
    var path: Path
  }

  private(set) var declared: [Kind: Set<String>] = [:]
  private(set) var references: [Reference] = []
  /// Alias to model.
  private(set) var aliases: [String: String] = [:]
  /// What may stand only once in the document: kind, value and where it stood first.
  private var claims: [String: [String: Mark]] = [:]

  mutating func declare(_ name: String, _ kind: Kind) { declared[kind, default: []].insert(name) }
  mutating func refer(_ reference: Reference) { references.append(reference) }
  mutating func alias(_ alias: String, of model: String) { aliases[alias] = model }

  /// Nil for the first to claim `value`; for others, where the first stands.
  mutating func claim(_ value: String, as kind: String, at mark: Mark) -> Mark? {
    if let first = claims[kind]?[value] { return first }
    claims[kind, default: [:]][value] = mark
    return nil
  }
}

extension Reader {
  /// Reports every name that nothing bears.
  mutating func resolveNames() {
    for reference in names.references {
      let declared = names.declared[reference.kind] ?? []
      let (name, kind) = (reference.written.value, reference.kind)
      guard !declared.contains(name) else { continue }
      var message = "there is no \(kind.noun) '\(reference.written.written)'\(kind.scope)"
      if kind == .model, let model = names.aliases[name] {
        message += ": it is an alias, write '\(model)'"
      } else {
        message += Suggestion.text(for: name, among: declared)
      }
      fail(message, at: reference.written.mark, path: reference.path)
    }
  }

  /// Reports `value` where something else of this kind has it already.
  mutating func claim(_ value: String, as kind: String, at mark: Mark) {
    guard let first = names.claim(value, as: kind, at: mark) else { return }
    fail("another \(kind) is the same: see line \(first.line)", at: mark)
  }
}
