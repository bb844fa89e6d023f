import Control
import Coordination
import Gateway
import Logging
import NIOCore
import NIOPosix
import Policy
import Settings

/// The replica's controller, on a loop of its own that no request waits for. Gateway and Control meet here and in the shared state only.
final class Steering: Sendable {
  private let controller: Controller
  private let loops: MultiThreadedEventLoopGroup
  private let way: NIOLoopBound<any SharedState & ControlRegister & SharedBreakers>
  private let logger: Logger

  /// Throws where the configuration declares a version that can't be registered.
  init(_ replica: Replica, _ settings: Settings, _ logger: Logger) async throws {
    let terms = try ControlTerms(settings)
    let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = loops.next()
    let way = try await loop.submit { NIOLoopBound(replica.openControl(on: loop), eventLoop: loop) }.get()
    (self.loops, self.way, self.logger) = (loops, way, logger)
    controller = Controller(
      replica.name, terms, on: loop, logger, figures: replica.controlFigures,
      breakers: { [weak replica] in replica?.breakers(of: $0) ?? [] },
      applied: { [weak replica] in replica?.appliedControl }, register: { _ in way.value })
  }

  /// Leads whenever it is this replica's turn, until `stop`.
  func run() async { await controller.run() }

  /// Another configuration is in force.
  func apply(_ settings: Settings) async {
    do throws(BundleError) {
      let terms = try ControlTerms(settings)
      await controller.apply(terms)
    } catch {
      logger.error(
        "the configuration's versions are not registered", metadata: ["error": "\(error)"])
    }
  }

  /// Has another replica lead, at once.
  func stop() async { await controller.stop() }

  /// Once `run` has returned.
  func close() async {
    let way = way
    try? await way.eventLoop.submit { way.value.close() }.get()
    try? await loops.shutdownGracefully()
  }
}
