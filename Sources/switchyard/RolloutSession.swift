import ArgumentParser
import Coordination
import Gateway
import Glibc
import Policy
import Settings

/// Who asks, and where.
struct RolloutOptions: ParsableArguments {
  @OptionGroup var options: ConfigOptions

  @Option(
    help: """
      Ask this replica's admin port, HOST:PORT, rather than the Redis of the configuration. Its admin.token is taken from \
      $SWITCHYARD_ADMIN_TOKEN, or from the configuration.
      """)
  var replica: String?

  @Flag(help: "Print it for programs.")
  var json = false

  func validate() throws {
    if let replica, AdminCall(authority: replica) == nil {
      throw ValidationError("--replica wants HOST:PORT, not '\(replica)'")
    }
  }

  func door() throws -> RolloutDoor {
    guard let replica, let call = AdminCall(authority: replica) else { return .redis(try options.load()) }
    let token = Environment.all["SWITCHYARD_ADMIN_TOKEN"] ?? (try? options.load())?.admin.token?.revealed
    return .replica(call, token: token)
  }

  /// `ann@laptop`: who asks, where nobody says it.
  static var person: String {
    var name = [CChar](repeating: 0, count: 256)
    let capacity = name.count - 1
    let host = gethostname(&name, capacity) == 0 ? text(name) : "unknown"
    return "\(user)@\(host)"
  }

  private static var user: String {
    guard let entry = getpwuid(geteuid()), let name = entry.pointee.pw_name else { return "\(geteuid())" }
    return String(cString: name)
  }

  private static func text(_ name: [CChar]) -> String {
    name.withUnsafeBufferPointer { $0.baseAddress.map(String.init(cString:)) } ?? ""
  }
}

extension AdminCall {
  /// Seconds: longer than a replica waits for the leader.
  private static let patience = 30

  fileprivate init?(authority: String) {
    let text = authority.trimmingPrefix("http://")
    self.init(String(text.hasSuffix("/") ? text.dropLast() : text), timeout: Self.patience)
  }
}

/// Where versions and rollouts are asked for.
enum RolloutDoor: Sendable {
  case redis(Settings)
  case replica(AdminCall, token: String?)

  /// Runs a command; what goes wrong is told, and exits with 1.
  static func run(_ options: RolloutOptions, _ body: (RolloutDoor) async throws -> Void) async throws {
    try await telling { try await body(try options.door()) }
  }

  static func telling(_ body: () async throws -> Void) async throws {
    do {
      try await body()
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
}

/// A way to the shared Redis for one command.
struct RolloutSession: Sendable {
  let settings: Settings
  let desk: RolloutDesk

  /// How long the leader is waited for: longer than it takes to have another one.
  static let patience = Duration.seconds(15)

  var names: [String] { settings.models.map(\.name) }
  var rules: RolloutRules { settings.rollout.rules }

  static func open(_ settings: Settings) async throws -> RolloutSession {
    let desk = try await CommandState.open(
      settings, as: "rollouts",
      absent:
        "The configuration has no state.redis: say --replica HOST:PORT, whose memory versions and rollouts are in.",
      { RolloutDesk($0, on: $1) }, isReady: { await $0.isReady(within: $1) })
    return RolloutSession(settings: settings, desk: desk)
  }
}

/// What a replica's admin port says.
struct RolloutAnswer {
  let body: String

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Throws what the replica said against it.
  init(
    _ call: AdminCall, _ token: String?, _ method: String, _ target: String,
    accept: String = "application/json",
    body: String = ""
  ) throws {
    var headers: [(name: String, value: String)] = [("accept", accept)]
    if let token { headers.append(("authorization", "Bearer \(token)")) }
    let answer: AdminCall.Answer
    do throws(AdminCall.Failure) {
      answer = try call.send(method, target, headers, body: Array(body.utf8))
    } catch {
      throw Failure(description: "\(call.authority): \(error)")
    }
    guard 200..<300 ~= answer.status else {
      throw Failure(description: "\(call.authority): \(Self.reason(answer.body)) (status \(answer.status))")
    }
    self.body = answer.body
  }

  /// What stands in `{"error": "…"}`, or all of it.
  private static func reason(_ body: String) -> String {
    Self.member("error", of: body) ?? String(body.prefix { $0 != "\n" })
  }

  func member(_ name: String) -> String? { Self.member(name, of: body) }

  private static func member(_ name: String, of body: String) -> String? {
    guard case .object(let members)? = try? JSONLiteral(text: body),
      case .string(let text)? = members.first(where: { $0.name == name })?.value
    else { return nil }
    return text
  }

  /// All but letters, digits and a few signs in percent escapes: a part of a path, or a value of a query.
  static func escaped(_ text: String) -> String {
    text.utf8.reduce(into: "") { escaped, byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
        escaped.unicodeScalars.append(Unicode.Scalar(byte))
      default: escaped += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
  }
}
