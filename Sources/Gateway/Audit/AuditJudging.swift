import Dialects
import Policy
import Settings
import Telemetry

/// Asks a model what requests were, where `routing.audit.judge` names one. The question goes the way of copies for candidates: over
/// connections of its own, to deployments alone that the request may go to, with limits of the deployment and its credential, and heeding
/// nobody.
extension Worker {
  /// Asks about an exchange, if there is room for a question. `turns`: nil where nobody reads them.
  func ask(_ judge: String, about turns: [ConversationTurn]?, _ note: AuditNote, _ exchange: Exchange) {
    do throws(ShadowDrop) {
      if let drop = haste(exchange.snapshot) { throw drop }
      guard let turns, turns.asking != nil else { throw ShadowDrop.noText }
      guard let question = AuditQuestion(turns) else { throw ShadowDrop.tooLong }
      let seed = try seed(forJudge: judge, exchange.snapshot) { question.body(model: judge, boundary: $0) }
      let copy = ShadowCopy(seed, auditing: exchange, caller: caller(exchange))
      // A task of its own: what the exchange holds is let go of.
      Task(executorPreference: executor) { await self.ask(question, copy, note) }
    } catch {
      count(unaudited: error.rawValue)
    }
  }

  private func ask(_ question: AuditQuestion, _ copy: ShadowCopy, _ note: AuditNote) async {
    do throws(ShadowDrop) {
      let (attempt, verdict) = try await send(copy)
      end(copy, question, note, attempt, verdict)
    } catch {
      count(unaudited: error.rawValue)
    }
  }

  private func end(
    _ copy: ShadowCopy, _ question: AuditQuestion, _ note: AuditNote, _ attempt: Attempt,
    _ verdict: Classification
  ) {
    _ = settle(copy, attempt, verdict, now: SystemClock.monotonicNanoseconds())
    guard verdict.kind == .success else { return count(unaudited: "failed") }
    let said = text(of: KeptAnswer(attempt), copy.seed.surface).flatMap { question.said(in: $0.text) }
    guard let said, let terms = copy.snapshot.settings.routing.audit else {
      return count(unaudited: "no_verdict")
    }
    take(said, of: note, by: .judge, terms)
  }
}
