import ArgumentParser
import Policy
import Settings

/// `switchyard train`: a classifier of prompts' complexity, of prompts that people have labelled.
struct Train: AsyncParsableCommand {
  /// Where labelled prompts come from, besides a file.
  enum Source: String, CaseIterable, ExpressibleByArgument { case feedback }

  static let configuration = CommandConfiguration(
    abstract: "Train a classifier of complexity, and show what it is worth beside the heuristic.",
    discussion: """
      The file has a line for each prompt: {"prompt": "...", "label": "low|medium|high", "family": "..."}. Prompts of a family are \
      variants of each other; all figures are of families that were held out. Exits 1, and writes nothing, where a rule that needs no \
      training is right as often. --from feedback reads what judges and clients have said of requests (routing.audit.examples) from \
      Redis in the place of a file, and writes only what is clearly better than the classifier in force.
      """)

  @Argument(help: "Labelled prompts, a JSON object a line; - for standard input.") var data: String?
  @Option(help: "In the place of a file: feedback, what was said of requests.") var from: Source?
  @Option(
    help: "With --from: train again each time so long has passed, such as 24h, until it is told to end.")
  var every: String?
  @Option(name: .shortAndLong, help: "Where the model is written (default: nowhere).") var out: String?
  @Option(help: "Parts that are held out in turn.") var folds = 5
  @Option(help: "Of all that is left to chance: the same seed gives the same model.") var seed: UInt64 = 1
  @Flag(help: "Write the model although it is no better than the heuristic.") var force = false
  @Flag(help: "Print the result for programs.") var json = false
  @OptionGroup var options: ConfigOptions

  func validate() throws {
    guard (data == nil) != (from == nil) else {
      throw ValidationError("name a file of labelled prompts, or write --from feedback")
    }
    guard every == nil || from != nil && out != nil else {
      throw ValidationError("--every is for --from feedback with --out FILE")
    }
    guard every == nil || period.map({ $0 >= .seconds(1) }) == true else {
      throw ValidationError("--every must be a time such as 24h")
    }
    guard ComplexityTraining.folds.contains(folds) else {
      let range = ComplexityTraining.folds
      throw ValidationError("--folds must be \(range.lowerBound) to \(range.upperBound)")
    }
  }

  /// Nil for what is no time.
  var period: Duration? { every.flatMap { Duration(text: $0) } }

  func run() async throws {
    do {
      guard let data else { return try await trainFromFeedback() }
      let set = try read(data)
      let training = try training(of: set, data)
      let report = training.report(heuristic: heuristicComplexity)
      let isGood = report.unbeaten.isEmpty
      let model = out != nil && (isGood || force) ? training.model(report).bytes : nil
      if let out, let model { try ModelFile.write(model, to: out) }
      let table = TrainTable(
        set: set, folds: folds, seed: seed, report: report, out: model == nil ? nil : out,
        bytes: model?.count ?? 0)
      print(json ? table.json.text : table.text)
      guard !isGood else { return }
      StandardError.write(refusal(report))
      if !force { throw Switchyard.Exit.no }
    } catch let error where !(error is ExitCode) {
      StandardError.write("\(error)")
      throw Switchyard.Exit.no
    }
  }

  private func read(_ data: String) throws -> TrainingSet {
    let bytes = try BodyFile.read(data)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandState.Failure(description: "\(data): not UTF-8 text")
    }
    do throws(EvaluationError) { return try TrainingSet(text) } catch {
      throw CommandState.Failure(description: "\(data): \(error)")
    }
  }

  private func training(of set: TrainingSet, _ data: String) throws -> ComplexityTraining {
    do throws(EvaluationError) {
      return try ComplexityTraining(set, folds: folds, seed: seed)
    } catch {
      throw CommandState.Failure(description: "\(data): \(error)")
    }
  }

  private func refusal(_ report: ClassifierReport) -> String {
    let better = report.unbeaten.joined(separator: "; ")
    let fate =
      switch (out, force, report.worth.isAboveHeuristic) {
      case (nil, _, _): "Leave it off."
      case (_, false, _): "Not written; --force writes it all the same."
      case (_, true, true): "Written all the same, as --force says."
      case (_, true, false):
        "Written all the same, as --force says; routing refuses what is below the heuristic."
      }
    return "Held out, the classifier is right no more often than: \(better). \(fate)"
  }
}
