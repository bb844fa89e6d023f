import Foundation
import TestSupport

/// Certificates made by the `openssl` command, and its test server behind them.
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
      in: certificates.folder.path, output: output.fileHandleForWriting.fileDescriptor)
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

/// A folder with a certificate authority `ca`, a stranger's `other`, and certificates for the key `server.key`:
/// `good` (127.0.0.1), `expired`, and `misnamed`.
final class Certificates: Sendable {
  static let openssl = "/usr/bin/openssl"
  static var canBeMade: Bool { FileManager.default.isExecutableFile(atPath: openssl) }

  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "switchyard-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try authority("ca")
    try authority("other")
    try run(
      "req", Self.newKey, "-keyout", "server.key", "-out", "good.csr", "-subj", "/CN=server",
      "-addext", "subjectAltName=IP:127.0.0.1")
    try run(
      "req", ["-new", "-key"], "server.key", "-out", "misnamed.csr", "-subj", "/CN=127.0.0.1",
      "-addext", "subjectAltName=DNS:elsewhere.example")
    try sign("good", as: "good", days: 2)
    try sign("good", as: "expired", days: -1)
    try sign("misnamed", as: "misnamed", days: 2)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

  private func authority(_ name: String) throws {
    try run(
      "req", ["-x509"] + Self.newKey, "-keyout", name + ".key", "-out", name + ".pem", "-subj", "/CN=" + name)
  }

  private func sign(_ request: String, as name: String, days: Int) throws {
    try run(
      "x509", ["-req", "-copy_extensions", "copy"], "-in", request + ".csr", "-out", name + ".pem",
      "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "\(days)")
  }

  private func run(_ command: String, _ options: [String], _ more: String...) throws {
    let process = try ChildProcess(Self.openssl, [command] + options + more, in: folder.path)
    guard process.wait() == 0 else {
      throw TLSServer.Failure(
        description: "openssl \(command) \((options + more).joined(separator: " ")) failed")
    }
  }
}
