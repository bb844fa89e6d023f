internal import Policy

/// Where the document may give limits, and whose each of them can be there.
enum LimitPlace {
  case tenant, team, key, model, deployment, provider

  /// The scopes that 'by' may name, the default first; a single one where 'by' may not be written.
  var scopes: [Settings.Limit.Scope] {
    switch self {
    case .tenant: [.tenant, .team, .key, .user, .model]
    case .team: [.team, .key, .user, .model]
    case .key: [.key, .user, .model]
    case .model: [.model]
    case .deployment: [.deployment]
    case .provider: [.credential]
    }
  }

  /// Why 'by' is refused.
  fileprivate func refusal(of scope: Settings.Limit.Scope) -> String {
    switch self {
    case .model, .deployment:
      return "a limit of a \(self) holds over all tenants: remove 'by', or write the limit at a tenant"
    case .provider:
      return "a limit of a provider holds for each of its credentials, over all tenants: remove 'by'"
    case .tenant, .team, .key:
      let allowed = scopes.map(\.rawValue).joined(separator: ", ")
      return
        "a limit of a \(self) cannot be by \(scope.rawValue), which is around it: write one of \(allowed)"
    }
  }
}

extension Form where Value == [Settings.Limit] {
  static func limits(at place: LimitPlace) -> Form { .list(.limit(at: place)) }
}

extension Form where Value == Settings.Limit {
  /// One limit: how much of one thing, and per what.
  fileprivate static func limit(at place: LimitPlace) -> Form {
    .record(
      Settings.Limit(.concurrent(0), by: place.scopes[0]),
      [
        .amount("requests", "Requests per window.", Settings.Limit.Amount.requests),
        .amount("tokens", "Tokens per window, input and output together.", Settings.Limit.Amount.tokens),
        .amount("input_tokens", "Input tokens per window.", Settings.Limit.Amount.inputTokens),
        .amount("output_tokens", "Output tokens per window.", Settings.Limit.Amount.outputTokens),
        .amount("dollars", .dollars, "Dollars per window.") { .dollars(microdollars: Int64($0)) },
        .amount("concurrent", .int(1...1_000_000), "Exchanges at once.") { .concurrent($0) },
        Field(
          "per", \.window, .choice(),
          "The window. Requests and tokens refill within up to an hour; a day and more, and dollars, count from its start."
        ),
        .scope(at: place),
        .zone,
        Field("outage", \.outage, .choice(), "What holds while the shared state can't be asked."),
        Field(
          "steer", \.steer, .percent,
          "Of dollars: the share of them from which on requests go where they cost less; by default none do."),
      ],
      finish: { limit, reader in
        limit.path = reader.path.description
        LimitChecks(place: place).check(limit, &reader)
      })
  }
}

extension Field where Owner == Settings.Limit {
  /// One of the keys that say how much of what.
  fileprivate static func amount(
    _ name: String, _ form: Form<Int>, _ doc: String, _ make: @escaping (Int) -> Settings.Limit.Amount
  ) -> Field {
    Field(
      name: name, doc: doc, required: false, availability: .built, schema: form.schema,
      read: { tree, reader, limit in
        if let value = form.read(tree, &reader) { limit.amount = make(value) }
      },
      write: { limit in
        limit.amount.name == name && limit.units > 0 ? form.write(Int(limit.units)) : nil
      })
  }

  fileprivate static func amount(
    _ name: String, _ doc: String, _ make: @escaping (Int64) -> Settings.Limit.Amount
  ) -> Field {
    amount(name, .amount, doc) { make(Int64($0)) }
  }

  /// Not printed where the place leaves no choice.
  fileprivate static func scope(at place: LimitPlace) -> Field {
    let form = Form<Settings.Limit.Scope>.scope(at: place)
    return Field(
      name: "by", doc: "Who each has such a limit; by default the place itself.", required: false,
      availability: .built, schema: form.schema,
      read: { tree, reader, limit in
        if let scope = form.read(tree, &reader) { limit.by = scope }
      },
      write: { place.scopes.count > 1 ? form.write($0.by) : nil })
  }

  /// Printed for limits that have use for it.
  fileprivate static var zone: Field {
    Field(
      name: "zone", doc: "Time zone of hours, days, weeks and months; UTC by default.", required: false,
      availability: .built, schema: Form<Zone>.zone.schema,
      read: { tree, reader, limit in
        if let zone = Form<Zone>.zone.read(tree, &reader) { limit.zone = zone }
      },
      write: { $0.calendar == nil ? nil : Form<Zone>.zone.write($0.zone) })
  }
}

extension Form where Value == Settings.Limit.Scope {
  fileprivate static func scope(at place: LimitPlace) -> Form {
    let written: [Settings.Limit.Scope] = [.tenant, .team, .key, .user, .model]
    let words = Form<String>.words(written.map(\.rawValue))
    let schema = Form<String>.words(place.scopes.map(\.rawValue)).schema
    return Form(
      // False allows no value at all.
      schema: place.scopes.count > 1 ? schema : .bool(false),
      read: { tree, reader in
        guard let scope = words.read(tree, &reader).flatMap(Value.init(rawValue:)) else { return nil }
        guard place.scopes.count > 1, place.scopes.contains(scope) else {
          reader.fail(place.refusal(of: scope), at: tree.mark)
          return nil
        }
        return scope
      },
      write: { words.write($0.rawValue) })
  }
}

/// What takes more than one key of a limit to see. The reader stands at the limit.
private struct LimitChecks {
  let place: LimitPlace

  private static let amounts = [
    "requests", "tokens", "input_tokens", "output_tokens", "dollars", "concurrent",
  ]

  func check(_ limit: Settings.Limit, _ reader: inout Reader) {
    let written = Self.amounts.filter { reader.isWritten($0) }
    guard let amount = written.first, written.count == 1 else {
      return reader.fail("a limit is of one of \(Self.amounts.joined(separator: ", ")): write exactly one")
    }
    guard checkWindow(limit, of: amount, &reader) else { return }
    checkZone(limit, &reader)
    checkSteer(limit, of: amount, &reader)
    checkSize(limit, of: amount, &reader)
    checkOthers(limit, of: amount, &reader)
  }

  /// Whether limit and window go together, and both are known.
  private func checkWindow(_ limit: Settings.Limit, of amount: String, _ reader: inout Reader) -> Bool {
    switch (amount, reader.isWritten("per")) {
    case ("concurrent", false): return limit.units > 0
    case ("concurrent", true):
      reader.fail("'concurrent' has no 'per': it is how many run at once", under: ["per"])
    case (_, false):
      reader.fail("'per' is missing: write the window, such as \(amount == "dollars" ? "day" : "minute")")
    case ("dollars", true) where limit.window == .second || limit.window == .minute:
      reader.fail("dollars are counted by the calendar: write hour, day, week or month", under: ["per"])
    default: return limit.units > 0 && limit.window != nil
    }
    return false
  }

  private func checkZone(_ limit: Settings.Limit, _ reader: inout Reader) {
    guard limit.calendar == nil, reader.isWritten("zone") else { return }
    let window = limit.window.map { "a limit per \($0) that refills" } ?? "'concurrent'"
    reader.fail("means nothing to \(window): remove it, or write per: day", under: ["zone"])
  }

  private func checkSteer(_ limit: Settings.Limit, of amount: String, _ reader: inout Reader) {
    guard let steer = limit.steer else { return }
    if place.scopes.count == 1 {
      reader.fail(
        "means nothing to a limit over all tenants: write it at a tenant, a team or a key", under: ["steer"])
    } else if amount != "dollars" {
      reader.fail("means nothing to \(amount): a limit of dollars can steer", under: ["steer"])
    } else if !(1...99).contains(steer) {
      reader.fail("is out of range: write 1% to 99%", under: ["steer"])
    }
  }

  /// Of buckets; no form lets through what a budget can't count.
  private func checkSize(_ limit: Settings.Limit, of amount: String, _ reader: inout Reader) {
    guard limit.calendar == nil, let window = limit.window, let milliseconds = window.milliseconds,
      !Bucket.Rule.isValid(tokens: limit.units, window: milliseconds)
    else { return }
    let largest = Bucket.Rule.maximumUnits / milliseconds
    reader.fail("is too large to be counted per \(window): write at most \(largest)", under: [amount])
  }

  private func checkOthers(_ limit: Settings.Limit, of amount: String, _ reader: inout Reader) {
    let window = limit.window.map { " per \($0)" } ?? ""
    let by = place.scopes.count > 1 ? " by \(limit.by)" : ""
    let claim = "\(amount)\(window)\(by) at \(reader.path.parent)"
    guard let first = reader.names.claim(claim, as: "limit", at: reader.mark) else { return }
    reader.fail(
      "line \(first.line) limits \(amount)\(window)\(by) already, and the stricter would hide the other: remove one"
    )
  }
}
