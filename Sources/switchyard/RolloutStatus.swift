import ArgumentParser
import Coordination
import Gateway
import Glibc
import Policy
import Settings

extension Rollout {
  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show who serves what, what is tried and how it does, and which replicas have applied it.",
      discussion: """
        Of each step a bar, of each metric how much of a rollback's evidence there is. With --follow until nothing is tried any \
        more; then it exits 1 if the version was rolled back.
        """)

    @Argument(help: "One model; all by default.") var model: String?
    @Flag(help: "Show it anew each second, until nothing is tried any more.") var follow = false
    @OptionGroup var rollout: RolloutOptions

    func validate() throws {
      if follow, model == nil { throw ValidationError("--follow wants a model") }
      if follow, rollout.json { throw ValidationError("--follow is for people: call it without --json") }
    }

    func run() async throws {
      try await RolloutDoor.run(rollout) { door in
        let source = try await RolloutSource(door)
        guard follow, let model else { return print(try await source.text(model, json: rollout.json)) }
        try await watch(model, source)
      }
    }

    /// On a terminal in place; else whenever something has changed.
    private func watch(_ model: String, _ source: RolloutSource) async throws {
      let isTerminal = isatty(STDOUT_FILENO) == 1
      var last = ""
      var tried: Int?
      while true {
        // In this order what is shown last is the end.
        let seen = try await source.standing(model)
        let text = try await source.text(model, json: false)
        if isTerminal {
          print("\u{1b}[H\u{1b}[2J\(text)")
        } else if text != last {
          print(text + "\n")
        }
        fflush(nil)
        last = text
        if seen.candidate == nil {
          if let tried, seen.active != tried { throw Switchyard.Exit.no }
          return
        }
        tried = seen.candidate
        try await Task.sleep(for: .seconds(1))
      }
    }
  }
}

/// Where a status is read, again and again.
enum RolloutSource {
  case redis(RolloutSession)
  case replica(AdminCall, token: String?)

  init(_ door: RolloutDoor) async throws {
    switch door {
    case .redis(let settings): self = .redis(try await RolloutSession.open(settings))
    case .replica(let call, let token): self = .replica(call, token: token)
    }
  }

  func text(_ model: String?, json: Bool) async throws -> String {
    switch self {
    case .redis(let session):
      let report = try await Self.report(session, model)
      return json ? RolloutText.json(report, session.rules).text : RolloutText.text(report, session.rules)
    case .replica(let call, let token):
      let path = model.map { "/\(RolloutAnswer.escaped($0))" } ?? ""
      let accept = json ? "application/json" : "text/plain"
      let body = try RolloutAnswer(call, token, "GET", "/api/rollouts\(path)", accept: accept).body
      return body.hasSuffix("\n") ? String(body.dropLast()) : body
    }
  }

  private static func report(_ session: RolloutSession, _ model: String?) async throws -> RolloutReport {
    guard let model else { return try await session.desk.report(on: session.names) }
    return try await session.desk.report(on: model, among: session.names)
  }

  /// Which version serves, and which one is tried.
  func standing(_ model: String) async throws -> (active: Int?, candidate: Int?) {
    switch self {
    case .redis(let session):
      let state = try await session.desk.report(on: model, among: session.names).models.first?.state
      return (state?.active, state?.candidate?.version)
    case .replica(let call, let token):
      let path = "/api/rollouts/\(RolloutAnswer.escaped(model))"
      let body = try RolloutAnswer(call, token, "GET", path).body
      guard let report = try? JSONLiteral(text: body),
        case .array(let models)? = report.member("models"), let first = models.first
      else { return (nil, nil) }
      return (first.member("active")?.int, first.member("candidate")?.member("version")?.int)
    }
  }
}

extension JSONLiteral {
  fileprivate func member(_ name: String) -> JSONLiteral? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  fileprivate var int: Int? {
    if case .number(let number) = self { number.int } else { nil }
  }
}
