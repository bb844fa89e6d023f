package import NIOCore

/// Reads what was decided about requests for people, wherever it is kept.
package struct DecisionReader: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let reason: StateFailure

    package var description: String { "the shared state does not answer (\(reason))" }
  }

  private let register: PatientRegister<any DecisionRegister>

  /// To be made on the loop that `register` is confined to.
  package init(_ register: any DecisionRegister, on loop: any EventLoop) {
    self.register = PatientRegister(register, on: loop) { $0.flush() }
  }

  /// A line of JSON; nil where nothing is kept of a request. It is asked again where the shared state doesn't answer.
  package func decision(_ id: String) async throws(Failure) -> String? {
    do throws(StateFailure) {
      let bytes: [UInt8]? = try await register.ask { $0.readDecision(id, $1) }
      return bytes.map { String(decoding: $0, as: UTF8.self) }
    } catch {
      throw Failure(reason: error)
    }
  }
}
