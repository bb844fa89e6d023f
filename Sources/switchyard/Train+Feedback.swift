import ArgumentParser
import Coordination
import Gateway
import Glibc
import Policy
import Settings

/// Training from what was said of requests, once or on a schedule.
extension Train {
  func trainFromFeedback() async throws {
    let reader = try await reader(try options.load())
    guard let period else {
      guard try await train(reader) else { throw Switchyard.Exit.no }
      return
    }
    while !Task.isCancelled {
      do { _ = try await train(reader) } catch { StandardError.write("\(error)") }
      try await Task.sleep(for: period)
    }
  }

  /// Whether there is an answer is asked each time: on a schedule, a Redis that is away is no reason to end.
  private func reader(_ settings: Settings) async throws -> ExampleReader {
    try await CommandState.open(
      settings, as: "train",
      absent: "The configuration has no state.redis, where what is said of requests is kept.",
      { ExampleReader($0, on: $1) }, isReady: { _, _ in true })
  }

  /// Whether the new classifier is to be used. The one in force is that of the configuration as it is by now.
  private func train(_ reader: ExampleReader) async throws -> Bool {
    let settings = try options.load()
    guard let terms = settings.routing.audit?.examples else {
      throw CommandState.Failure(
        description: "\(options.path) keeps nothing for training: write routing.audit.examples")
    }
    guard await reader.isReady(within: CommandState.patience) else {
      throw CommandState.Failure(description: "the Redis of state.redis does not answer")
    }
    let examples = try await reader.examples(places: terms.most)
    let training = try FeedbackTraining(examples, seed: seed)
    let report = try training.report(
      inForce: settings.routing.complexity.scoringModel, settings.routing.complexity.rules)
    let isGood = report.flaws.isEmpty
    let isWritten = out != nil && (isGood || force)
    if let out, isWritten { try ModelFile.write(report.model.bytes, to: out) }
    let table = FeedbackTable(
      report: report, examples: examples, seed: seed, out: isWritten ? out : nil)
    print(json ? table.json.text : table.text)
    fflush(nil)  // a log is read while this goes on
    if !isGood {
      let fate = isWritten ? "Written all the same, as --force says." : "The one in force stays."
      StandardError.write(
        "Held out, the new one is not to be used: \(report.flaws.joined(separator: "; ")). \(fate)")
    }
    return isGood || isWritten
  }
}
