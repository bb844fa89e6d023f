import ArgumentParser
import Coordination
import Gateway
import Policy
import Settings

/// `switchyard bundles`: the registry of models' versions.
struct Bundles: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, show, register, evaluate, export and import versions of models.",
    discussion: """
      A version is registered for ever: what changes gets a new number. Versions are kept in the Redis of state.redis, or, without \
      one, in the memory of the replica that --replica names. Exits 1 where the answer is no.
      """,
    subcommands: [List.self, Show.self, Register.self, Evaluate.self, Export.self, Import.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List versions, and where each stands.")

    @Argument(help: "Of one model; of all by default.") var model: String?
    @OptionGroup var rollout: RolloutOptions

    func run() async throws {
      try await RolloutDoor.run(rollout) { door in
        switch door {
        case .redis(let settings):
          let session = try await RolloutSession.open(settings)
          let report: RolloutReport
          if let model {
            report = try await session.desk.report(on: model, among: session.names)
          } else {
            report = try await session.desk.report(on: session.names)
          }
          for overview in report.models {
            if rollout.json {
              for version in RolloutText.versions(overview) { print(version.text) }
            } else {
              for line in RolloutText.lines(overview) { print(line) }
            }
          }
        case .replica(let call, let token):
          let query = model.map { "?model=\(RolloutAnswer.escaped($0))" } ?? ""
          print(try RolloutAnswer(call, token, "GET", "/api/bundles\(query)").body, terminator: "")
        }
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Print one version as it is registered, and what its last evaluation came to: a line of JSON each.")

    @Argument(help: "The model.") var model: String
    @Argument(help: "The version's number.") var version: Int
    @OptionGroup var rollout: RolloutOptions

    func run() async throws {
      try await RolloutDoor.run(rollout) { door in
        switch door {
        case .redis(let settings):
          let session = try await RolloutSession.open(settings)
          print(try await session.desk.bundle(model, version).line)
          if let report = try await session.desk.evaluation(model, version) { print(report.line) }
        case .replica(let call, let token):
          let path = "/api/bundles/\(RolloutAnswer.escaped(model))/\(version)"
          print(try RolloutAnswer(call, token, "GET", path).body, terminator: "")
          // A replica of an older release knows of none.
          let body = (try? RolloutAnswer(call, token, "GET", "\(path)/evaluation").body) ?? "null"
          if body.prefix(4) != "null" { print(body, terminator: "") }
        }
      }
    }
  }

  struct Register: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Register versions from a file: one, or many as the configuration has them.")

    @OptionGroup var registering: Registering
    @OptionGroup var rollout: RolloutOptions

    func run() async throws { try await registering.run(rollout) }
  }

  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Register what 'bundles export' has printed; what is registered already is passed over.")

    @OptionGroup var registering: Registering
    @OptionGroup var rollout: RolloutOptions

    func run() async throws { try await registering.run(rollout) }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print versions as YAML, for 'bundles import' or for the configuration.")

    @Argument(help: "Of one model; of all by default.") var model: String?
    @OptionGroup var options: ConfigOptions

    func run() async throws {
      try await RolloutDoor.telling {
        let session = try await RolloutSession.open(try options.load())
        var bundles: [Bundle] = []
        for name in model.map({ [$0] }) ?? session.names {
          for entry in try await session.desk.bundles(of: name).reversed() {
            guard let bundle = entry.bundle, bundle.others.isEmpty else {
              throw CommandState.Failure(
                description:
                  "version \(entry.version) of \(name) was written by a newer release: export it with that one"
              )
            }
            bundles.append(bundle)
          }
        }
        print(BundleFile(bundles).text, terminator: "")
      }
    }
  }
}

/// Registers versions from a file.
struct Registering: ParsableArguments {
  @Argument(help: "A file of YAML or JSON, or - for standard input.") var file = "-"
  @Option(help: "Who does it; kept in the audit (default: user@host).") var by: String?
  @Option(help: "Why, where a version changes several things at once; kept in the audit.") var reason: String?

  func run(_ rollout: RolloutOptions) async throws {
    try await RolloutDoor.run(rollout) { door in
      let bytes = try BodyFile.read(file)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw CommandState.Failure(description: "\(file): not UTF-8 text")
      }
      switch door {
      case .redis(let settings): try await register(text, settings, isForPrograms: rollout.json)
      case .replica(let call, let token):
        var query = "by=\(RolloutAnswer.escaped(by ?? RolloutOptions.person))"
        if let reason { query += "&reason=\(RolloutAnswer.escaped(reason))" }
        let answer = try RolloutAnswer(call, token, "POST", "/api/bundles?\(query)", body: text)
        print(answer.body, terminator: "")
      }
    }
  }

  private func register(_ text: String, _ settings: Settings, isForPrograms: Bool) async throws {
    let parsed = file == "-" ? try BundleFile.parse(text) : try BundleFile.parse(text, at: file)
    let bundles = try parsed.refined(by: settings, sha256: ContentDigest.sha256)
    let session = try await RolloutSession.open(settings)
    for (bundle, own) in bundles {
      let isNew = try await session.desk.register(
        bundle, by: by ?? RolloutOptions.person, reason: own ?? reason)
      if isForPrograms {
        let json: JSON = [
          "model": .string(bundle.model), "version": .int(bundle.version), "new": .bool(isNew),
        ]
        print(json.text)
      } else {
        print("Version \(bundle.version) of \(bundle.model) is registered\(isNew ? "." : " already.")")
      }
    }
  }
}
