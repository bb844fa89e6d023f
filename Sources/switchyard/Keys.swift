import ArgumentParser
import Coordination
import Gateway
import Policy
import Settings

/// `switchyard keys`: virtual keys in the shared Redis.
struct Keys: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make, list, revoke and rotate virtual keys.",
    discussion: """
      Virtual keys are records in the Redis of state.redis; all replicas know of a change within a second. A key is printed once, when \
      it is made, and kept as a hash. Without state.redis, keys are made at the admin port of the replica (POST /keys) and are gone \
      when it ends. Exits 1 where the answer is no.
      """,
    subcommands: [Create.self, List.self, Revoke.self, Rotate.self])

  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a key and print it: the only time that it can be seen.")

    @OptionGroup var options: ConfigOptions
    @Option(help: "Whose key it is: a tenant of the configuration.") var tenant: String
    @Option(help: "The tenant's team that holds it.") var team: String?
    @Option(help: "The person or program behind it, for limits by user.") var user: String?
    @Option(help: "What routing rules call user_tier; the tenant's by default.") var tier: String?
    @Option(help: "A model that it may ask for, with * for any letters; may be repeated. All by default.")
    var model: [String] = []
    @Option(
      help:
        "A limit, such as '600 requests per minute' or '50 dollars per day Europe/Berlin'; may be repeated.")
    var limit: [String] = []
    @Option(help: "Days that it is good for; for ever by default.") var days: Int?
    @Flag(help: "Print it for programs.") var json = false

    func validate() throws {
      if let days, !(1...3_650).contains(days) { throw ValidationError("--days must be 1 to 3650") }
    }

    func run() async throws {
      var order = KeyOrder(tenant: tenant)
      (order.team, order.user, order.tier) = (team, user, tier)
      (order.models, order.limits) = (model, limit)
      order.lifetime = days.map { .seconds($0 * 86_400) }
      try await KeySession.run(options) { session in
        let terms = try order.terms(in: session.settings, now: EmbeddedState.wallMilliseconds())
        let issued = try await session.manager.create(terms)
        if json { return print(KeyText.json(issued: issued, terms).text) }
        print(issued.key.reveal())
        KeySession.warn(of: issued)
        StandardError.write("Key \(issued.key.id) of tenant \(tenant). It is not shown again.")
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the keys that are not revoked.")

    @OptionGroup var options: ConfigOptions
    @Flag(help: "Print them for programs, one a line.") var json = false

    func run() async throws {
      try await KeySession.run(options) { session in
        var last = ""
        while true {
          let page = try await session.manager.list(after: last, count: 200)
          for (id, record) in page.keys {
            print(json ? KeyText.json(id, record).text : KeyText.line(id, record))
          }
          guard let next = page.next else { return }
          last = next
        }
      }
    }
  }

  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Revoke a key for ever: a virtual key, or one of the configuration by its id.")

    @OptionGroup var options: ConfigOptions
    @Argument(
      help: "The key's id: what stands between the dashes of sy-ID-SECRET, or the id in the configuration.")
    var id: String

    func run() async throws {
      try await KeySession.run(options) { session in
        guard KeyNames.isID(id) else { throw KeyManager.Failure.unknown }
        let isConfigured = session.settings.tenants.contains { $0.keys.contains { $0.id == id } }
        let revocation = try await session.manager.revoke(id, isConfigured: isConfigured)
        print("Key \(id) is revoked since \(revocation.revoked).")
      }
    }
  }

  struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give a key another secret and print it: the only time that it can be seen.")

    @OptionGroup var options: ConfigOptions
    @Argument(help: "The key's id.") var id: String
    @Option(help: "Hours that the former secret stays good.") var graceHours = 0
    @Flag(help: "Print it for programs.") var json = false

    func validate() throws {
      guard (0...720).contains(graceHours) else { throw ValidationError("--grace-hours must be 0 to 720") }
    }

    func run() async throws {
      try await KeySession.run(options) { session in
        guard let key = KeyID(id) else { throw KeyManager.Failure.unknown }
        let issued = try await session.manager.rotate(key, grace: Int64(graceHours) * 3_600_000)
        print(json ? KeyText.json(issued: issued, nil).text : issued.key.reveal())
        KeySession.warn(of: issued)
      }
    }
  }
}

/// A way to the shared Redis for one command.
private struct KeySession: Sendable {
  let settings: Settings
  let manager: KeyManager

  static func warn(of issued: KeyManager.Issued) {
    guard !issued.isTold else { return }
    StandardError.write(
      "Redis went away behind it: the key is good, but replicas may take a minute to know it, and 'keys list' may lack it."
    )
  }

  /// Runs a command; what goes wrong is told, and exits with 1.
  static func run(_ options: ConfigOptions, _ body: (KeySession) async throws -> Void) async throws {
    do {
      try await body(try await open(options))
    } catch let errors as SettingsErrors {
      for error in errors.errors { StandardError.write("\(error)") }
      throw Switchyard.Exit.no
    } catch let code as ExitCode {
      throw code
    } catch {
      StandardError.write("\(error)")
      throw Switchyard.Exit.no
    }
  }

  private static func open(_ options: ConfigOptions) async throws -> KeySession {
    let settings = try options.load()
    let manager = try await CommandState.open(
      settings, as: "keys",
      absent:
        "\(options.path) has no state.redis: send POST /keys to the admin port of the replica, whose memory the keys are in.",
      { KeyManager($0, on: $1) }, isReady: { await $0.isReady(within: $1) })
    return KeySession(settings: settings, manager: manager)
  }
}
