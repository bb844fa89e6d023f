import ArgumentParser
import Coordination
import Gateway
import Glibc
import Policy
import Settings

/// `switchyard rollout`: has a version take over, step by step.
struct Rollout: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Start, follow, hold, promote and abort rollouts of models' versions.",
    discussion: """
      What is asked for is done by the replica that leads, within a second or two; the command waits for its word. With --expect, \
      nothing is done if the model was changed since that revision. Exits 1 where the answer is no.
      """,
    subcommands: [
      Status.self, Start.self, Pause.self, Resume.self, Promote.self, Abort.self, Unveto.self, History.self,
    ])

  struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Try a registered version beside the one that serves.")
    @Argument(help: "The model.") var model: String
    @Argument(help: "The version's number.") var version: Int
    @Flag(help: "Begin with the first step, without copies of requests before.") var noShadow = false
    @Flag(help: "Only say what it will probably cost, by the traffic of the last minutes.") var estimate =
      false
    @OptionGroup var wish: Wish
    @OptionGroup var rollout: RolloutOptions

    func run() async throws {
      try await RolloutDoor.run(rollout) { door in
        let text = try await StartEstimate(model: model, version: version).text(
          door, rollout, isAll: estimate)
        if estimate { print(text ?? "") } else if let text { StandardError.write(text) }
      }
      if estimate { return }
      try await wish.run(.start, model, version, rollout, shadows: !noShadow)
    }
  }

  struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Hold the version that is tried at its weight; harm still rolls it back.")
    @OptionGroup var target: Target
    @OptionGroup var wish: Wish
    @OptionGroup var rollout: RolloutOptions
    func run() async throws { try await wish.run(.pause, target.model, target.version, rollout) }
  }

  struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Go on with a version that is held.")
    @OptionGroup var target: Target
    @OptionGroup var wish: Wish
    @OptionGroup var rollout: RolloutOptions
    func run() async throws { try await wish.run(.resume, target.model, target.version, rollout) }
  }

  struct Promote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "On to the next step, whatever is proved; with --force, right to ACTIVE. Wants --reason.")
    @OptionGroup var target: Target
    @OptionGroup var wish: Wish
    @OptionGroup var rollout: RolloutOptions
    func run() async throws { try await wish.run(.promote, target.model, target.version, rollout) }
  }

  struct Abort: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Roll the version that is tried back, which is for ever.")
    @OptionGroup var target: Target
    @OptionGroup var wish: Wish
    @OptionGroup var rollout: RolloutOptions
    func run() async throws { try await wish.run(.abort, target.model, target.version, rollout) }
  }

  struct Unveto: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take back what replicas said against a version. Wants --reason.")
    @Argument(help: "The model.") var model: String
    @Argument(help: "The version's number.") var version: Int
    @OptionGroup var wish: Wish
    @OptionGroup var rollout: RolloutOptions
    func run() async throws { try await wish.run(.unveto, model, version, rollout) }
  }

  struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Who did what to a model's versions, and why; the newest first.")
    @Argument(help: "The model.") var model: String
    @Option(help: "At most so many.") var count = 50
    @OptionGroup var rollout: RolloutOptions

    func validate() throws {
      guard (1...1_000).contains(count) else { throw ValidationError("--count must be 1 to 1000") }
    }

    func run() async throws {
      try await RolloutDoor.run(rollout) { door in
        switch door {
        case .redis(let settings):
          let session = try await RolloutSession.open(settings)
          for entry in try await session.desk.history(of: model, count: count) {
            print(rollout.json ? RolloutText.json(entry).text : RolloutText.line(entry))
          }
        case .replica(let call, let token):
          let path = "/api/rollouts/\(RolloutAnswer.escaped(model))/history?count=\(count)"
          let accept = rollout.json ? "application/json" : "text/plain"
          print(try RolloutAnswer(call, token, "GET", path, accept: accept).body, terminator: "")
        }
      }
    }
  }
}

/// A model's version; the one that is tried by default.
struct Target: ParsableArguments {
  @Argument(help: "The model.") var model: String
  @Argument(help: "The version's number; the one that is tried by default.") var version: Int?
}

/// What is asked of the leader.
struct Wish: ParsableArguments {
  @Option(help: "The revision that you have seen: another one, and nothing is done.") var expect: Int?
  @Option(help: "Why; kept in the audit.") var reason: String?
  @Flag(help: "Several changes at once; a promotion right to ACTIVE. Wants --reason.") var force = false
  @Option(help: "Who asks; kept in the audit (default: user@host).") var by: String?

  func validate() throws {
    if let expect, expect < 0 {
      throw ValidationError("--expect is a revision, as 'rollout status' shows it")
    }
  }

  func run(
    _ deed: RolloutAsk.Deed, _ model: String, _ version: Int?, _ options: RolloutOptions, shadows: Bool = true
  ) async throws {
    if let version, !BundleRule.versions.contains(version) {
      StandardError.write("\(version) is no version: it is a whole number from 1 on")
      throw Switchyard.Exit.usage
    }
    try await RolloutDoor.run(options) { door in
      switch door {
      case .redis(let settings):
        let desk = try await RolloutSession.open(settings).desk
        let number: Int
        if let version { number = version } else { number = try await desk.candidate(of: model) }
        let ask = order(number, shadows).ask(
          deed, model, version: number, by: by ?? RolloutOptions.person)
        let answer = try await desk.ask(ask, within: RolloutSession.patience)
        let json: JSON = ["answer": .string(answer), "model": .string(model), "version": .int(number)]
        print(options.json ? json.text : answer)
      case .replica(let call, let token):
        let path = "/api/rollouts/\(RolloutAnswer.escaped(model))/\(deed.rawValue)"
        let answer = try RolloutAnswer(call, token, "POST", path, body: body(version, shadows).text)
        print(
          options.json ? String(answer.body.prefix { $0 != "\n" }) : answer.member("answer") ?? answer.body)
      }
    }
  }

  private func order(_ version: Int, _ shadows: Bool) -> RolloutOrder {
    var order = RolloutOrder()
    (order.version, order.expected, order.reason) = (version, expect, reason)
    (order.isForced, order.shadows) = (force, shadows)
    return order
  }

  private func body(_ version: Int?, _ shadows: Bool) -> JSON {
    var members: [(name: String, value: JSON)] = [("by", .string(by ?? RolloutOptions.person))]
    if let version { members.append(("version", .int(version))) }
    if let expect { members.append(("expect", .int(expect))) }
    if let reason { members.append(("reason", .string(Self.literal(reason)))) }
    if force { members.append(("force", .bool(true))) }
    if !shadows { members.append(("shadow", .bool(false))) }
    return .object(members)
  }

  /// Bodies are read as the configuration is, where `${` begins a variable.
  private static func literal(_ text: String) -> String { text.replacing("${", with: "$${") }
}
