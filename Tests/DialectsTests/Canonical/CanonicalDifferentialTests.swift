import Dialects
import Foundation
import Policy
import Testing

/// Random chat bodies, whole and damaged: what has a canonical form means the same to Foundation, and what has none has a reason.
@Suite("Canonical requests against Foundation")
struct CanonicalDifferentialTests {
  private static let leftOut: Set = ["stream", "stream_options", "user", "metadata", "store"]

  @Test func theFormMeansWhatTheBodyMeans() throws {
    let peek = Peek()
    var (formed, twice) = (0, 0)
    for seed in 0..<4_000 as Range<UInt64> {
      var maker = ChatBodyMaker(seed: seed)
      let made = maker.make()
      let bytes = PaddedBytes()
      do {
        _ = try peek.canonical(PaddedBytes(made.bytes), surface: .chatCompletions, into: bytes)
        formed += 1
        try check(bytes, made.bytes, seed)
      } catch let fault as CanonicalFault {
        #expect(!made.mustPass, "seed \(seed): \(fault)")
        guard fault == .duplicateKey else { continue }
        twice += 1
        #expect(!DuplicateKeys.paths(in: made.bytes).isEmpty, "seed \(seed)")
      }
    }
    // Both sides of the fence must be well visited.
    #expect(formed > 1_500 && formed < 3_500 && twice > 50)
  }

  private func check(_ canonical: PaddedBytes, _ body: [UInt8], _ seed: UInt64) throws {
    #expect(DuplicateKeys.paths(in: body).isEmpty, "seed \(seed)")
    let expected = try object(body).filter { !Self.leftOut.contains($0.key) }
    let found = try object(canonical.array)
    #expect(NSDictionary(dictionary: found) == NSDictionary(dictionary: expected), "seed \(seed)")
    #expect(!canonical.array.contains { [0x0a, 0x0d, 0x09].contains($0) }, "seed \(seed)")
  }

  private func object(_ bytes: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }
}
