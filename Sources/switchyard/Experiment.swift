import ArgumentParser
import Coordination
import Gateway
import Policy
import Settings

/// `switchyard experiment`: what is compared, and what is known of it.
struct Experiment: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the experiments of the configuration and their results.",
    discussion: """
      There is no verdict before every arm has routing.experiments.NAME.min_sessions; from then on it may be looked at as often as \
      one likes. Sessions are counted anew once anything of who is given what changes.
      """,
    subcommands: [List.self, Results.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "All experiments, a line each.")
    @OptionGroup var rollout: RolloutOptions

    func run() async throws {
      try await RolloutDoor.run(rollout) { door in
        switch door {
        case .redis(let settings):
          let reader = try await Experiment.reader(settings)
          for plan in settings.experimentPlans {
            let report = try await reader.report(on: plan)
            print(rollout.json ? ExperimentText.json(report).text : ExperimentText.line(report))
          }
        case .replica(let call, let token):
          let accept = rollout.json ? "application/json" : "text/plain"
          let answer = try RolloutAnswer(call, token, "GET", "/api/experiments", accept: accept)
          print(answer.body, terminator: "")
        }
      }
    }
  }

  struct Results: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What is known of one experiment: its arms' sessions, means and intervals, and the verdict.")
    @Argument(help: "The experiment.") var name: String
    @OptionGroup var rollout: RolloutOptions

    func run() async throws {
      try await RolloutDoor.run(rollout) { door in
        switch door {
        case .redis(let settings):
          guard let plan = settings.experimentPlans.first(where: { $0.name == name }) else {
            throw Unknown(name: name)
          }
          let report = try await Experiment.reader(settings).report(on: plan)
          print(rollout.json ? ExperimentText.json(report).text : ExperimentText.text(report))
        case .replica(let call, let token):
          let path = "/api/experiments/\(RolloutAnswer.escaped(name))"
          let accept = rollout.json ? "application/json" : "text/plain"
          print(try RolloutAnswer(call, token, "GET", path, accept: accept).body, terminator: "")
        }
      }
    }
  }

  struct Unknown: Error, CustomStringConvertible {
    let name: String
    var description: String { "the configuration has no experiment '\(name)'" }
  }

  private static func reader(_ settings: Settings) async throws -> ExperimentReader {
    try await CommandState.open(
      settings, as: "experiments",
      absent: "The configuration has no state.redis: say --replica HOST:PORT, whose memory results are in.",
      { ExperimentReader($0, on: $1) }, isReady: { await $0.isReady(within: $1) })
  }
}
