import Foundation

/// A folder with a certificate authority `ca`, a stranger's `other`, and certificates for the key `server.key`:
/// `good` (127.0.0.1), `named` (localhost), `expired`, and `misnamed`.
package final class Certificates: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  package static let openssl = "/usr/bin/openssl"
  package static var canBeMade: Bool { FileManager.default.isExecutableFile(atPath: openssl) }

  private let folder: URL

  package init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "switchyard-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try authority("ca")
    try authority("other")
    try run(
      "req", Self.newKey, "-keyout", "server.key", "-out", "good.csr", "-subj", "/CN=server",
      "-addext", "subjectAltName=IP:127.0.0.1")
    for (request, name) in [("misnamed", "elsewhere.example"), ("named", "localhost")] {
      try run(
        "req", ["-new", "-key"], "server.key", "-out", request + ".csr", "-subj", "/CN=127.0.0.1",
        "-addext", "subjectAltName=DNS:" + name)
    }
    try sign("good", as: "good", days: 2)
    try sign("good", as: "expired", days: -1)
    for name in ["misnamed", "named"] { try sign(name, as: name, days: 2) }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  package func copy(_ name: String, to other: String) throws {
    try FileManager.default.copyItem(atPath: path(name), toPath: path(other))
  }

  /// The folder's path.
  package var directory: String { folder.path }

  package func path(_ name: String) -> String { folder.appending(path: name).path }

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
      throw Failure(
        description: "openssl \(command) \((options + more).joined(separator: " ")) failed")
    }
  }
}
