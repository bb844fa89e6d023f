import Dialects
import Policy
import Settings
import Telemetry

/// Asks a model which answer of a pair is better, where `rollout.shadow.judge` says so.
///
/// The question goes the way that its copy went, with a place and money of its own, and as little heeds anybody. The verdict is evidence
/// beside the pair, of the same stage alone.
extension Worker {
  /// Asks about a pair that was counted, if it is one of those that are judged, and there is room for a question.
  func askJudge(about pair: ShadowPair, of copy: ShadowCopy) {
    guard let judge = copy.snapshot.settings.rollout.shadow.judge, random.below(10_000) < judge.sample else {
      return
    }
    do throws(ShadowDrop) {
      let question = try question(about: pair, copy, by: judge)
      let seed = try seed(forJudge: judge.model, copy.snapshot) {
        question.body(model: judge.model, boundary: $0)
      }
      let asked = ShadowCopy(seed, about: copy)
      // A task of its own: what the copy holds is let go of.
      Task(executorPreference: executor) { await self.ask(question, asked) }
    } catch {
      count(unjudged: error, copy)
    }
  }

  private func question(
    about pair: ShadowPair, _ copy: ShadowCopy, by judge: Settings.Judge
  ) throws(ShadowDrop) -> JudgeQuestion {
    if let drop = haste(copy.snapshot) { throw drop }
    guard copy.subject.model != judge.model else { throw .ownVersion }
    guard copy.seed.surface.isChat, pair.isText else { throw .noText }
    // Whatever else is in the request, its texts are a good part of it.
    guard copy.seed.body.count <= 8 * JudgeQuestion.mostBytes else { throw .tooLong }
    guard let turns = peek.conversation(of: copy.seed.body) else { throw .noText }
    guard
      let question = JudgeQuestion(
        turns, candidate: pair.candidate.text, baseline: pair.baseline.text, isCandidateFirst: Bool.random())
    else { throw .tooLong }
    return question
  }

  /// A question for whoever serves a judge's model now.
  func seed(
    forJudge model: String, _ snapshot: Snapshot, _ question: (_ boundary: String) -> PaddedBytes
  ) throws(ShadowDrop) -> ShadowSeed {
    guard let route = snapshot.models.firstIndex(where: { $0.name == model }) else { throw .noEndpoint }
    let body = question(Self.boundary())
    guard let request = try? peek.request(body, surface: .chatCompletions) else { throw .noText }
    return ShadowSeed(
      position: snapshot.versions?.serving(route) ?? route, request: request, body: body, format: nil)
  }

  private func ask(_ question: JudgeQuestion, _ asked: ShadowCopy) async {
    do throws(ShadowDrop) {
      let (attempt, verdict) = try await send(asked)
      end(asked, question, attempt, verdict)
    } catch {
      count(unjudged: error, asked)
    }
  }

  private func count(unjudged drop: ShadowDrop, _ copy: ShadowCopy) {
    shard.increment(registry.series(Catalogue.shadowUnjudged, copy.subject.model, drop.rawValue))
  }
}
