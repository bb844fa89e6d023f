import Policy
import Settings
import Testing

@testable import Gateway

struct AuthenticatorTests {
  /// SHA-256 of `sk-right`, and another digest that begins with the same sixteen bytes.
  private static let right = "5a8be38da412e44e65567661c0dd497d845645b78530e1e4bc042d9d44c9f445"
  private static let alike = String(right.prefix(32)) + String(repeating: "0", count: 32)

  private static let models = ["chat-fast", "chat-large", "embed"]

  private static func authenticator() throws -> Authenticator {
    let tenants = """
      tenants:
        acme:
          tier: pro
          teams: { search: {} }
          keys:
            - { id: decoy, sha256: \(alike) }
            - { id: ci, sha256: \(right), team: search, models: ["chat-*", "nothing-*"] }
      """
    let models = models.map { "  \($0): { deployments: [d] }" }.joined(separator: "\n")
    let yaml = document(more: tenants).replacing(
      "  m: { deployments: [d], aliases: [also-m] }", with: models)
    let settings = try settings(yaml)
    return Authenticator(settings, LimitTable(settings))
  }

  private func principal(_ key: String, _ authenticator: Authenticator) -> Principal? {
    guard case .configured(let principal, let position) = find(key, authenticator) else { return nil }
    return authenticator.keyIDs[position] == principal.key ? principal : nil
  }

  private func find(_ key: String, _ authenticator: Authenticator) -> Authenticator.Finding {
    Array(key.utf8).withUnsafeBytes { authenticator.find($0) }
  }

  @Test func aKnownKeyIsItsPrincipal() throws {
    let authenticator = try Self.authenticator()
    let found = try #require(principal("sk-right", authenticator))
    #expect(found.key == "ci")
    #expect(found.tenant == "acme")
    #expect(found.team == "search")
    #expect(found.tier == "pro")
    #expect(authenticator.anyone == nil)
  }

  @Test(arguments: ["", "sk-wrong", "sk-righ", "sk-right ", "SK-RIGHT", right, alike])
  func otherKeysAreNobodys(key: String) throws {
    #expect(principal(key, try Self.authenticator()) == nil)
  }

  @Test func whatIsWrittenAsAVirtualKeyIsLeftToTheSharedState() throws {
    let key = VirtualKey(secret: Array(repeating: 7, count: 20), number: Array(repeating: 9, count: 7)) { _ in
      1
    }
    guard case .virtual(let id, _) = find(key.reveal(), try Self.authenticator()) else {
      Issue.record("not found to be one")
      return
    }
    #expect(id == key.id)
    guard case .unknown = find(String(key.reveal().dropLast()), try Self.authenticator()) else {
      Issue.record("cut short, it is none")
      return
    }
  }

  @Test func patternsBecomeThePositionsOfModels() throws {
    let settings = try Self.authenticator()
    let found = try #require(principal("sk-right", settings))
    let allowed = Self.models.indices.filter { found.allows($0) }
    #expect(allowed.count == 2)
    #expect(found.models?.count == 2)
  }

  @Test func withoutKeysEveryoneIsTheSame() throws {
    let settings = try settings(document())
    let authenticator = Authenticator(settings, LimitTable(settings))
    #expect(try #require(authenticator.anyone).allows(0))
  }
}
