package import NIOCore
package import Policy

/// Reads what is known of experiments for people, wherever it is kept.
package struct ExperimentReader: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let reason: StateFailure

    package var description: String { "the shared state does not answer (\(reason))" }
  }

  private let register: PatientRegister<any ExperimentRegister>

  /// To be made on the loop that `register` is confined to.
  package init(_ register: any ExperimentRegister, on loop: any EventLoop) {
    self.register = PatientRegister(register, on: loop) { $0.flush() }
  }

  /// Waits until the shared state can be asked, at most so long.
  package func isReady(within patience: Duration) async -> Bool {
    await register.isReady(within: patience) { $0.isAvailable }
  }

  /// It is asked again where the shared state doesn't answer.
  package func report(on plan: ExperimentPlan) async throws(Failure) -> ExperimentReport {
    let subject = plan.subject
    do throws(StateFailure) {
      return ExperimentReport(plan, fields: try await register.ask { $0.readSums(of: subject, $1) })
    } catch {
      throw Failure(reason: error)
    }
  }
}
