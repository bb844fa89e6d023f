import Dialects
import Policy

/// A line of traffic with the ways that its request may go by each configuration.
struct RoutedLine: Sendable {
  /// What a configuration makes of a request, before limits and the choice of a deployment.
  struct Way: Sendable {
    var principal: Principal
    var head: RequestHead
    var facts: RequestFacts
    /// The configured model that serves it, and the position of the version that does, or of the model.
    var model: Int
    var position: Int
    var rule: Int?
    var permitted: DeploymentSet?
    /// The code of the error that the client has at once.
    var refusal: String?
  }

  enum Decision: Sendable {
    case way(Way)
    /// Refused before anything was decided: the error's code.
    case refused(String)
  }

  /// From 0, in its chunk.
  var number: Int
  /// Milliseconds since 1970.
  var at: Int64?
  var use: TrafficLine.Use
  var deployment: String?
  var took: Double?
  /// By each configuration.
  var decisions: [Decision]
}

/// A part of a file, routed.
package struct RoutedChunk: Sendable {
  var lines: [RoutedLine] = []
  /// Lines that say nothing that could be played, by their number from 0.
  var faults: [(number: Int, message: String)] = []
  /// Of its lines, empty ones among them.
  var count = 0
}
