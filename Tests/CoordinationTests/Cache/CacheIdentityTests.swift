import Policy
import Testing

@testable import Coordination

struct CacheIdentityTests {
  private static let identity = CacheIdentity(
    tenant: "acme", user: nil, surface: .chatCompletions, model: "chat", version: "3", form: .plain)

  private func keys(_ identity: CacheIdentity, _ canonical: String = "{}") -> CacheKeys? {
    Array(canonical.utf8).withUnsafeBytes { identity.keys(for: $0) }
  }

  @Test func theSameRequestOfTheSameTenantHasTheSameKey() throws {
    let keys = try #require(self.keys(Self.identity))
    #expect(keys == self.keys(Self.identity))
    #expect(keys.answer.wholeMatch(of: #/sy:\{c:acme:[0-9a-f]{32}\}:answer/#) != nil)
  }

  /// Every part counts, and none can pass for a part of its neighbour.
  @Test func everyPartIsInTheKey() {
    var identities = [Self.identity]
    func with(_ change: (inout CacheIdentity) -> Void) {
      var other = Self.identity
      change(&other)
      identities.append(other)
    }
    with { $0.tenant = "acm" }
    with { $0.tenant = nil }
    with { $0.user = "" }
    with { $0.user = "u" }
    with { $0.surface = .completions }
    with { $0.model = "chat3" }
    with { ($0.model, $0.version) = ("chat3", "") }
    with { $0.version = "4" }
    with { $0.form = .stream }
    with { $0.form = .streamWithUsage }
    with { $0.beta = "" }
    with { $0.beta = "realtime=v1" }
    let all = identities.map { keys($0) } + [keys(Self.identity, "{ }"), keys(Self.identity, "")]
    #expect(Set(all).count == all.count && !all.contains(nil))
  }

  @Test func aTenantWithoutANameHasNoKey() {
    var identity = Self.identity
    identity.tenant = ""
    #expect(keys(identity) == nil)
  }
}
