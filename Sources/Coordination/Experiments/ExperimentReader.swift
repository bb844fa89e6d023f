package import NIOCore
package import Policy

/// Reads what is known of experiments for people, wherever it is kept.
package struct ExperimentReader: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let reason: StateFailure

    package var description: String { "the shared state does not answer (\(reason))" }
  }

  private static let attempts = 5
  private static let pause = Duration.milliseconds(200)

  private let register: NIOLoopBound<any ExperimentRegister>

  /// To be made on the loop that `register` is confined to.
  package init(_ register: any ExperimentRegister, on loop: any EventLoop) {
    self.register = NIOLoopBound(register, eventLoop: loop)
  }

  /// It is asked again where the shared state doesn't answer.
  package func report(on plan: ExperimentPlan) async throws(Failure) -> ExperimentReport {
    var failure = StateFailure.unavailable
    for attempt in 0..<Self.attempts {
      if attempt > 0 { try? await Task.sleep(for: Self.pause) }
      switch await once(plan.subject) {
      case .success(let fields): return ExperimentReport(plan, fields: fields)
      case .failure(let reason): failure = reason
      }
    }
    throw Failure(reason: failure)
  }

  private func once(_ subject: ExperimentSubject) async -> Result<[String: String], StateFailure> {
    let promise = register.eventLoop.makePromise(of: Result<[String: String], StateFailure>.self)
    register.eventLoop.execute { [register] in
      register.value.readSums(of: subject) { promise.succeed($0) }
      register.value.flush()
    }
    return (try? await promise.futureResult.get()) ?? .failure(.unavailable)
  }
}
