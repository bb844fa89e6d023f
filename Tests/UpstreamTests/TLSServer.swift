import Foundation
import TestSupport

/// The test server of the `openssl` command.
// Sendable: nothing changes after `init`, and `Process` is only told to end.
final class TLSServer: @unchecked Sendable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let port: Int
  private let process: Process

  /// `certificate`: a name of `Certificates`.
  init(_ certificates: Certificates, _ certificate: String) throws {
    process = Process()
    process.executableURL = URL(filePath: Certificates.openssl)
    process.currentDirectoryURL = URL(filePath: certificates.directory)
    process.arguments = [
      "s_server", "-accept", "127.0.0.1:0", "-cert", certificate + ".pem", "-key", "server.key", "-www",
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    var text = ""
    while !text.hasSuffix("\n") || !text.contains("ACCEPT") {
      let bytes = output.fileHandleForReading.availableData
      guard !bytes.isEmpty else { throw Failure(description: "openssl s_server ended: \(text)") }
      text += String(decoding: bytes, as: UTF8.self)
    }
    guard let port = text.split(separator: ":").last.flatMap({ Int($0.prefix { $0.isNumber }) }) else {
      throw Failure(description: "openssl s_server said no port: \(text)")
    }
    self.port = port
  }

  /// Blocks until it has ended. Not by SIGTERM: the thread that started it may have had that blocked.
  func stop() {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
