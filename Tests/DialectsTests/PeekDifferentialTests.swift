import Dialects
import Foundation
import Policy
import Testing

/// Random chat bodies, whole and damaged, read by the peek and by Foundation: the same facts, or refused.
@Suite("Peek against Foundation")
struct PeekDifferentialTests {
  private static let seeds = 0..<8_000

  @Test func acceptedBodiesMeanTheSameToFoundation() throws {
    let peek = Peek()
    var accepted = 0
    for seed in Self.seeds {
      var maker = ChatBodyMaker(seed: UInt64(seed))
      let made = maker.make()
      let body = PaddedBytes(made.bytes)
      let request: PeekedRequest
      do {
        request = try peek.request(body, surface: .chatCompletions)
      } catch {
        #expect(!made.mustPass, "seed \(seed): \(error.message) \(body.text)")
        continue
      }
      accepted += 1
      try check(request, made.bytes, seed)
      try checkSplice(request, body, peek, seed)
    }
    // Both sides of the fence must be well visited.
    #expect(accepted > Self.seeds.count / 4 && accepted < Self.seeds.count * 3 / 4)
  }

  private func object(_ bytes: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }

  private func sorted(_ object: [String: Any]) throws -> Data {
    try JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
  }

  private func check(_ request: PeekedRequest, _ bytes: [UInt8], _ seed: Int) throws {
    let object = try object(bytes)
    let duplicates = DuplicateKeys.paths(in: bytes)
    #expect(!duplicates.contains(where: isRead), "seed \(seed): \(duplicates)")
    #expect(request.facts.model == object["model"] as? String, "seed \(seed)")
    #expect(request.facts.stream == (object["stream"] as? Bool ?? false), "seed \(seed)")
    let limit = object["max_completion_tokens"] as? Int ?? object["max_tokens"] as? Int
    #expect(request.facts.maxOutputTokens == limit, "seed \(seed)")
    let messages = try #require(object["messages"] as? [[String: Any]])
    #expect(request.facts.messages == messages.count, "seed \(seed)")
    #expect(messages.allSatisfy { $0["role"] is String }, "seed \(seed)")
    #expect(request.facts.textBytes == messages.map(textBytes).reduce(0, +), "seed \(seed)")
    #expect(request.facts.images == messages.map(images).reduce(0, +), "seed \(seed)")
  }

  /// The router reads the object that this key stands in.
  private func isRead(_ path: String) -> Bool {
    let parents = path.split(separator: ".", omittingEmptySubsequences: false).dropLast()
    let read = [
      [], ["messages"], ["messages", "content"], ["stream_options"], ["metadata"], ["response_format"],
    ]
    return read.contains(parents.map(String.init))
  }

  private func textBytes(_ message: [String: Any]) -> Int {
    if let text = message["content"] as? String { return text.utf8.count }
    return parts(message).map { ($0["text"] as? String)?.utf8.count ?? 0 }.reduce(0, +)
  }

  private func images(_ message: [String: Any]) -> Int {
    parts(message).count { $0["type"] as? String == "image_url" }
  }

  private func parts(_ message: [String: Any]) -> [[String: Any]] {
    message["content"] as? [[String: Any]] ?? []
  }

  private func checkSplice(_ request: PeekedRequest, _ body: PaddedBytes, _ peek: Peek, _ seed: Int) throws {
    let spliced = peek.spliced(request, body: body, model: "new \"model\"", includeUsage: true)
    var expected = try object(body.array)
    expected["model"] = "new \"model\""
    var options = expected["stream_options"] as? [String: Any] ?? [:]
    options["include_usage"] = true
    expected["stream_options"] = options
    #expect(try sorted(object(spliced.array)) == sorted(expected), "seed \(seed)")
    let again = try peek.request(spliced, surface: .chatCompletions)
    #expect(again.facts.model == "new \"model\"" && again.facts.includesUsage, "seed \(seed)")
    let unchanged = peek.spliced(again, body: spliced, model: nil, includeUsage: true)
    #expect(unchanged === spliced, "seed \(seed): escaped keys were left over")
  }
}
