/// What takes more than one key to see. Each runs where the reader stands at the record in question.
enum Checks {
  static func document(_ settings: inout Settings, _ reader: inout Reader) {
    reader.resolveNames()
    refinePlainTimeout(&settings, reader)
    refineMode(&settings, reader)
    checkMode(settings, &reader)
    checkPorts(settings, &reader)
    checkBalance(settings, &reader)
    ExperimentChecks.all(settings, &reader)
    RuleChecks.all(&settings, &reader)
    AuditChecks.all(settings, &reader)
    RolloutChecks.judge(settings, &reader)
    DataClassChecks.all(settings, &reader)
    checkSteering(settings, &reader)
  }

  /// A budget that steers needs to know what is cheaper. The first one says so for all.
  private static func checkSteering(_ settings: Settings, _ reader: inout Reader) {
    let names = Set(settings.models.flatMap { $0.deployments.map(\.name) })
    guard
      let unpriced = settings.deployments.first(where: { names.contains($0.name) && $0.prices.isEmpty }),
      let place = settings.tenants.lazy.compactMap(\.steeringPlace).first,
      !reader.hasErrors(under: "deployments")
    else { return }
    reader.fail(
      "goes by prices, and deployment '\(unpriced.name)' has none: write deployments.\(unpriced.name).price, of your own"
        + " { input: 0, output: 0 }", under: ["tenants"] + place)
  }

  /// A way to balance needs what it goes by.
  private static func checkBalance(_ settings: Settings, _ reader: inout Reader) {
    checkResource(settings, &reader)
    learnedPrices(settings, &reader)
    for model in settings.models where model.balance == .cost {
      let names = Set(model.deployments.map(\.name))
      guard
        let unpriced = settings.deployments.first(where: { names.contains($0.name) && $0.prices.isEmpty }),
        !reader.hasErrors(under: "deployments")
      else { continue }
      reader.fail(
        "goes by prices, and deployment '\(unpriced.name)' has none: write deployments.\(unpriced.name).price, or"
          + " another way to balance", under: ["models", model.name, "balance"])
    }
  }

  private static func checkResource(_ settings: Settings, _ reader: inout Reader) {
    for model in settings.models where model.balance == .resource {
      let names = Set(model.deployments.map(\.name))
      let providers = Set(settings.deployments.filter { names.contains($0.name) }.map(\.provider))
      let telling = settings.providers.contains { providers.contains($0.name) && $0.load != nil }
      guard !telling, !reader.hasErrors(under: "providers"), !reader.hasErrors(under: "deployments") else {
        continue
      }
      reader.fail(
        "goes by what endpoints say of their load, and no provider of this model says where: write `load: {}` for"
          + " providers.\(providers.sorted().first ?? "NAME"), or another way to balance",
        under: ["models", model.name, "balance"])
    }
  }

  /// A plain answer's first byte is its last: it has the whole request's time unless the document says otherwise.
  private static func refinePlainTimeout(_ settings: inout Settings, _ reader: Reader) {
    let isWritten = reader.isWritten("server", "first_byte_timeout")
    let isOfStreamsOnly =
      reader.isWritten("server", "first_byte_timeout", "stream")
      && !reader.isWritten("server", "first_byte_timeout", "plain")
    if !isWritten || isOfStreamsOnly {
      settings.server.firstByteTimeout.plain = settings.server.requestTimeout
    }
  }

  private static func refineMode(_ settings: inout Settings, _ reader: Reader) {
    if !reader.isWritten("auth", "mode") { settings.auth.mode = settings.tenants.isEmpty ? .none : .keys }
  }

  private static func checkMode(_ settings: Settings, _ reader: inout Reader) {
    let written = reader.isWritten("auth", "mode")
    switch settings.auth.mode {
    case .keys:
      guard settings.tenants.allSatisfy(\.keys.isEmpty), !reader.hasErrors(under: "tenants") else { return }
      let place = written ? ["auth", "mode"] : ["tenants"]
      reader.fail("keys are asked for and no tenant has one: declare tenants.NAME.keys", under: place)
    case .none where !settings.tenants.isEmpty:
      reader.fail("'none' lets anybody in, so tenants mean nothing: remove either", under: ["auth", "mode"])
    case .none where !written && !Loopback.contains(settings.server.host):
      reader.fail(
        "no tenants are declared, so anybody who reaches \(settings.server.host) may send requests: declare tenants,"
          + " write `auth: { mode: none }` if that is meant, or bind to 127.0.0.1", under: ["server", "host"])
    case .none: break
    }
  }

  private static func checkPorts(_ settings: Settings, _ reader: inout Reader) {
    guard settings.admin.port == settings.server.port else { return }
    reader.fail("is the same as server.port: choose another", under: ["admin", "port"])
  }

  static func state(_ state: inout Settings.State, _ reader: inout Reader) {
    guard reader.isWritten("redis") else {
      for key in ["password_file", "ca_file"] where reader.isWritten(key) {
        reader.fail("is written without 'redis': write both, or remove it", under: [key])
      }
      return
    }
    guard let redis = state.redis else { return }
    if redis.hasPassword, reader.isWritten("password_file") {
      reader.fail("is written beside a password in 'redis': remove one of them", under: ["password_file"])
    }
    if redis.hasUser, !redis.hasPassword, !reader.isWritten("password_file") {
      reader.fail("has a user and no password: write password_file, or user:password@", under: ["redis"])
    }
    if !redis.isTLS, reader.isWritten("ca_file") {
      reader.fail("is for TLS, which 'redis' doesn't ask for: write rediss, or remove it", under: ["ca_file"])
    }
    if state.atomic, redis.topology != .standalone {
      reader.fail(
        "needs one standalone Redis, and 'redis' names a \(redis.topology): write false", under: ["atomic"])
    }
  }

  static func cache(_ cache: inout Settings.Cache, _ reader: inout Reader) {
    guard let redis = cache.redis, redis.hasUser, !redis.hasPassword else { return }
    reader.fail("has a user and no password: write user:password@, the password by ${NAME}", under: ["redis"])
  }

  static func breaker(_ breaker: inout Settings.Breaker, _ reader: inout Reader) {
    if breaker.max < breaker.base {
      let key = reader.isWritten("max") ? "max" : "base"
      let other =
        key == "max" ? "is less than base" : "is more than max, which is 5 minutes where it is absent"
      reader.fail("\(other): a breaker is open for base at first, and for max at the longest", under: [key])
    }
  }

  static func server(_ server: inout Settings.Server, _ reader: inout Reader) {
    if server.maxBuffered < server.maxBody {
      reader.fail("is less than max_body: no body of that size could ever be held", under: ["max_buffered"])
    }
  }

  static func admin(_ admin: inout Settings.Admin, _ reader: inout Reader) {
    guard !Loopback.contains(admin.host), !reader.isWritten("token") else { return }
    reader.fail(
      "is not loopback, so 'token' is needed: write token: \"${NAME}\", or 127.0.0.1", under: ["host"])
  }

  static func provider(_ provider: inout Settings.Provider, _ reader: inout Reader) {
    let addresses = ["base_url", "endpoints", "discover"].filter { reader.isWritten($0) }
    if addresses.isEmpty { reader.fail("has no address: write base_url, endpoints or discover") }
    for more in addresses.dropFirst() {
      reader.fail("is written beside '\(addresses[0])': remove one of them", under: [more])
    }
    let keys = ["api_key", "api_keys", "api_key_file"].filter { reader.isWritten($0) }
    for more in keys.dropFirst() {
      reader.fail("is written beside '\(keys[0])': remove one of them", under: [more])
    }
    DialectChecks.provider(&provider, &reader)
    let pair = ["client_certificate_file", "client_key_file"]
    let written = pair.filter { reader.isWritten($0) }
    if written.count == 1, let missing = pair.first(where: { $0 != written[0] }) {
      reader.fail("is written without '\(missing)': write both or none", under: written)
    }
  }

  static func model(_ model: inout Settings.Model, _ reader: inout Reader) {
    let name = reader.path.last
    for alias in model.aliases { reader.names.alias(alias, of: name) }
    for (index, fallback) in model.fallbacks.enumerated() where fallback == name {
      reader.fail("a model cannot be its own fallback: name another", under: ["fallbacks", "[\(index)]"])
    }
    if model.retry.attempts == 1, !model.fallbacks.isEmpty {
      reader.fail("leaves no attempt for the fallbacks: allow at least 2", under: ["retry", "attempts"])
    } else if model.retry.attempts == 1, model.hedge != nil {
      reader.fail("leaves no attempt for a hedge: allow at least 2", under: ["retry", "attempts"])
    }
    learned(&model, &reader)
  }
}

extension Settings.Tenant {
  /// Where the first of its limits that steers says so, below `tenants`.
  fileprivate var steeringPlace: [String]? {
    var places: [([Settings.Limit], [String])] = [(limits, [name])]
    for team in teams { places.append((team.limits, [name, "teams", team.name])) }
    for (index, key) in keys.enumerated() { places.append((key.limits, [name, "keys", "[\(index)]"])) }
    for (limits, place) in places {
      guard let index = limits.firstIndex(where: { $0.steer != nil }) else { continue }
      return place + ["limits", "[\(index)]", "steer"]
    }
    return nil
  }
}
