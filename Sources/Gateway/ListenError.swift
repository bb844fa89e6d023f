import Glibc
import NIOCore

/// A port that can't be listened on.
struct ListenError: Error, CustomStringConvertible {
  /// The configuration's section that names it.
  var section: String
  var host: String
  var port: Int
  var reason: String

  var description: String {
    "\(section).port \(port) on \(host): \(reason). Choose another port or host in the configuration, or end what has it."
  }

  /// Calls `body`, and says of its failure which port was meant.
  static func naming<Result>(
    _ section: String, _ host: String, _ port: Int, _ body: () async throws -> Result
  ) async throws -> Result {
    do { return try await body() } catch let error as IOError {
      let reason = String(cString: strerror(error.errnoCode))
      throw ListenError(section: section, host: host, port: port, reason: reason)
    }
  }
}
