import Foundation
import TestSupport

/// The test server of the `openssl` command.
final class TLSServer: Sendable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let port: Int
  private let process: ChildProcess

  /// `certificate`: a name of `Certificates`.
  init(_ certificates: Certificates, _ certificate: String) throws {
    let output = Pipe()
    process = try ChildProcess(
      Certificates.openssl,
      ["s_server", "-accept", "127.0.0.1:0", "-cert", certificate + ".pem", "-key", "server.key", "-www"],
      in: certificates.directory, output: output.fileHandleForWriting.fileDescriptor)
    try output.fileHandleForWriting.close()
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

  /// Blocks until it has ended.
  func stop() {
    process.signal(SIGKILL)
    process.wait()
  }
}
