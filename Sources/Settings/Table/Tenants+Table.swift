extension Form where Value == Settings.Auth {
  static var auth: Form {
    .record(
      Settings.Auth(),
      [
        Field(
          "mode", \.mode, .choice(),
          "keys: only with a tenant's key; none: anybody. By default keys where tenants are declared."),
        Field(
          "stale_max", \.staleMax, .duration(),
          "How long known keys stay good while the shared state can't be asked."),
      ])
  }
}

extension Form where Value == [Settings.Tenant] {
  static var tenants: Form {
    .named(\.name, .tenant)
  }
}

extension Form where Value == Settings.Tenant {
  fileprivate static var tenant: Form {
    .record(
      Settings.Tenant(name: ""),
      [
        Field("tier", \.tier, .label, "What routing rules call user_tier."),
        Field(
          "data_class", \.dataClasses, .dataClassNames, "Classes of the data that all its keys send."
        ).omittedWhenEmpty,
        Field("limits", \.limits, .limits(at: .tenant), "What the tenant may use.").omittedWhenEmpty,
        Field("teams", \.teams, .teams, "Parts of the tenant."),
        Field("keys", \.keys, .list(.key), "Keys of the tenant."),
      ])
  }
}

extension Form where Value == [Settings.Team] {
  fileprivate static var teams: Form {
    .named(\.name, .team) { name, _, reader in
      reader.names.declare(name, .team(at: reader.path))
    }
  }
}

extension Form where Value == Settings.Team {
  fileprivate static var team: Form {
    .record(
      Settings.Team(name: ""),
      [Field("limits", \.limits, .limits(at: .team), "What the team may use.").omittedWhenEmpty])
  }
}

extension Form where Value == Settings.Key {
  fileprivate static var key: Form {
    .record(
      Settings.Key(id: "", sha256: []),
      [
        Field(
          "id", \.id, Form<String>.label.claimed(as: "key id") { $0 }, required: true,
          "What logs call the key."),
        Field(
          "sha256", \.sha256, Form<[UInt8]>.sha256.claimed(as: "sha256") { Hex.text($0) },
          required: true, "SHA-256 of the key, in hexadecimal."),
        Field("team", \.team, .name(ofKindAt: Names.Kind.team), "The team that holds it."),
        Field("user", \.user, .label, "Whom limits by user take it for; several keys may name the same."),
        Field(
          "models", \.models, .list(.modelGlob),
          "Models that it may ask for, with * for any letters; all where empty."),
        Field("limits", \.limits, .limits(at: .key), "What the key may use.").omittedWhenEmpty,
        Field(
          "data_class", \.dataClasses, .dataClassNames,
          "Classes of the data that it sends, whatever is found in it: one or more of routing.data_classes."
        ).omittedWhenEmpty,
        Field("priority", \.priority, .choice(), "The class in which its requests wait for a full model."),
        Field(
          "pin", \.pins, .choice(),
          "Which versions it may ask for by number: those that are served, or any, those in STAGING too."),
      ])
  }
}
