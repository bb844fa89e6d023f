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
        .unkept("limits", .list(.limit), "What the tenant may use.", .unbuilt("rate limits are")),
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
      [.unkept("limits", .list(.limit), "What the team may use.", .unbuilt("rate limits are"))])
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
        Field(
          "models", \.models, .list(.modelGlob),
          "Models that it may ask for, with * for any letters; all where empty."),
        .unkept("data_class", .label, "Class of the data that it sends.", .only("none", "data classes are")),
        .unkept(
          "priority", .words(["realtime", "standard", "batch"]), "Its queue.",
          .only("standard", "priorities are")),
      ])
  }
}

extension Form where Value == Unkept {
  /// One limit: how much of one thing, and per what.
  static var limit: Form {
    let what = ["requests", "tokens", "dollars", "concurrent"]
    return .record(
      Unkept(),
      [
        .unkept("requests", .tokens, "Requests per window."),
        .unkept("tokens", .tokens, "Tokens per window."),
        .unkept("dollars", .dollars, "Dollars per window."),
        .unkept("concurrent", .int(1...1_000_000), "Exchanges at once."),
        .unkept("per", .words(["second", "minute", "hour", "day", "week", "month"]), "The window."),
        .unkept("by", .words(["tenant", "team", "key", "user", "model"]), "Who each has such a limit."),
        .unkept("zone", .timeZone, "Time zone of days, weeks and months."),
        .unkept(
          "outage", .words(["share", "closed", "open"]), "What holds while the shared state can't be asked."),
      ],
      finish: { _, reader in
        let written = what.filter { reader.isWritten($0) }
        if written.count != 1 {
          reader.fail("a limit is of one of \(what.joined(separator: ", ")): write exactly one")
        }
        let needsWindow = written.first != "concurrent"
        if written.count == 1, reader.isWritten("per") != needsWindow {
          reader.fail(
            needsWindow ? "'per' is missing: write the window, such as minute" : "'concurrent' has no 'per'")
        }
      })
  }
}

extension Form where Value == String {
  fileprivate static var timeZone: Form {
    .matching("a time zone", example: "Europe/Berlin") { zone in
      zone == "UTC" || zone.contains("/") && NameRule.accepts(zone)
    }
  }
}
