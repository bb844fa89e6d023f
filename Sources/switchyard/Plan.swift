import ArgumentParser
import Gateway
import Settings

/// `switchyard plan`: when does a second model pay?
struct Plan: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what a small and a large model cost, alone and together, and when the second one pays.",
    discussion: """
      By the configuration's prices of today, over shares of hard requests from 0 to 100 %. Where models run on machines of your own, say with \
      --hourly what those cost. 'routed' sends hard requests to the large model and the others to the small one; 'small first' asks \
      the small one always, and then the large one if the request was hard.
      """)

  @Option(help: "The small model.") var small: String
  @Option(help: "The large model.") var large: String
  @OptionGroup var options: ConfigOptions
  @Option(help: "Requests a second.") var rate = 10.0
  @Option(help: "Tokens of an easy request, INPUT/OUTPUT.") var easy = "300/200"
  @Option(help: "Tokens of a hard one.") var hard = "500/1200"
  @Option(help: "Dollars an hour that keeping a model running costs, 'MODEL=4.50'. May be repeated.")
  var hourly: [String] = []
  @Option(help: "Dollars that an answer of the small model to a hard request costs you.") var wrong = 0.0
  @Flag(help: "Print it for programs.") var json = false

  func validate() throws {
    guard small != large else { throw ValidationError("--small and --large are one model") }
    guard rate > 0, rate <= 1e6 else {
      throw ValidationError("--rate must be above 0, and 1,000,000 at most")
    }
    guard wrong >= 0, wrong <= 1e6 else { throw ValidationError("--wrong must be dollars from 0 on") }
    for text in [easy, hard] where Self.tokens(text) == nil {
      throw ValidationError("'\(text)' is not INPUT/OUTPUT, such as 300/200")
    }
    for text in hourly {
      guard let cost = Self.hourly(text) else {
        throw ValidationError("--hourly wants MODEL=DOLLARS, not '\(text)'")
      }
      guard cost.model == small || cost.model == large else {
        throw ValidationError("--hourly: '\(cost.model)' is neither --small nor --large")
      }
    }
  }

  func run() throws {
    do {
      let plan = try plan(by: try options.load())
      let table = PlanTable(plan: plan, small: small, large: large)
      print(json ? table.json.text : table.text)
    } catch let errors as SettingsErrors {
      for error in errors.errors { StandardError.write("\(error)") }
      throw Switchyard.Exit.no
    } catch {
      StandardError.write("\(error)")
      throw Switchyard.Exit.no
    }
  }

  private func plan(by settings: Settings) throws -> PairPlan {
    guard let easy = Self.tokens(easy), let hard = Self.tokens(hard) else {
      preconditionFailure("tokens that were not validated")
    }
    var plan = PairPlan(
      small: try side(small, settings), large: try side(large, settings), rate: rate, easy: easy, hard: hard)
    plan.wrong = wrong * 1_000_000
    return plan
  }

  private func side(_ name: String, _ settings: Settings) throws -> PairPlan.Side {
    guard let model = settings.models.first(where: { $0.name == name }) else {
      throw CommandState.Failure(description: "There is no model '\(name)'.")
    }
    guard var side = PairPlan.Side(model, in: settings) else {
      throw CommandState.Failure(
        description: "A deployment of '\(name)' has no price: write one, 0 for your own.")
    }
    let costs = hourly.compactMap(Self.hourly).filter { $0.model == name }
    side.hourly = costs.reduce(0) { $0 + $1.dollars } * 1_000_000
    return side
  }

  private static func tokens(_ text: String) -> PairPlan.Tokens? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).compactMap { Int($0) }
    guard parts.count == 2, parts.allSatisfy({ (0...1_000_000).contains($0) }) else { return nil }
    return .init(input: parts[0], output: parts[1])
  }

  private static func hourly(_ text: String) -> (model: String, dollars: Double)? {
    guard let sign = text.lastIndex(of: "="), let dollars = Double(text[text.index(after: sign)...]),
      dollars >= 0,
      dollars <= 1e6
    else { return nil }
    return (String(text[..<sign]), dollars)
  }
}
