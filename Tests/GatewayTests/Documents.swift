import NIOCore
import Settings
import TestSupport

@testable import Gateway

struct NoFiles: Error {}

/// Settings from a document as a person would write it.
func settings(_ yaml: String) throws -> Settings {
  try Settings.load(yaml: yaml, file: "sy.yaml", environment: [:]) { _ in throw NoFiles() }
}

/// One model `m` at one provider, whose deployment is called there `provider-m`.
func document(_ url: String = "http://127.0.0.1:1", more: String = "") -> String {
  """
  server: { host: 127.0.0.1 }
  providers:
    lab: { dialect: openai, base_url: "\(url)/v1" }
  deployments:
    d: { provider: lab, model: provider-m }
  models:
    m: { deployments: [d], aliases: [also-m] }
  \(more)
  """
}

/// The head of a request.
func head(_ text: String) -> RequestHead? {
  var parser = HTTP1RequestParser()
  var buffer = ByteBuffer(string: text)
  guard case .head(let head) = parser.next(&buffer) else { return nil }
  return head
}

/// Runs `body` on four threads at once and waits for all.
func onFourThreads(_ body: @escaping @Sendable (Int) -> Void) async {
  await withTaskGroup(of: Void.self) { group in
    for number in 0..<4 { group.addTask { try? await onThread { body(number) } } }
  }
}
