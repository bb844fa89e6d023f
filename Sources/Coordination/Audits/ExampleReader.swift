package import NIOCore
package import Policy

/// Reads labelled prompts for training, wherever they are kept.
package struct ExampleReader: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let reason: StateFailure

    package var description: String { "the shared state does not answer (\(reason))" }
  }

  private let register: PatientRegister<any AuditRegister>

  /// To be made on the loop that `register` is confined to.
  package init(_ register: any AuditRegister, on loop: any EventLoop) {
    self.register = PatientRegister(register, on: loop) { $0.flush() }
  }

  /// Waits until the shared state can be asked, at most so long.
  package func isReady(within patience: Duration) async -> Bool {
    await register.isReady(within: patience) { $0.isAvailable }
  }

  /// All of the first so many places, in their order. What another release wrote is passed over.
  package func examples(places: Int) async throws(Failure) -> [LearningExample] {
    var examples: [LearningExample] = []
    for place in 0..<places {
      do throws(StateFailure) {
        let bytes: [UInt8]? = try await register.ask { $0.read(.example(place), $1) }
        let text = bytes.map { String(decoding: $0, as: UTF8.self) }
        if let example = text.flatMap({ LearningExample(text: $0) }) { examples.append(example) }
      } catch {
        throw Failure(reason: error)
      }
    }
    return examples
  }
}
