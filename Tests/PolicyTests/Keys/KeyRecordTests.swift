import Policy
import Testing

struct KeyRecordTests {
  private static func digest(_ byte: UInt8) throws -> KeyDigest {
    try #require(KeyDigest(Array(repeating: byte, count: 32)))
  }

  private static func full() throws -> KeyTerms {
    try KeyTerms(
      digest: digest(1), former: .init(digest: digest(2), until: KeyInstant(seconds: 2_000)), tenant: "acme",
      team: "search", user: "ann", tier: "pro", models: ["chat-*", "*", "org/model:1"], dataClass: "phi",
      limits: [
        RecordedLimit(text: "600 requests per minute"), RecordedLimit(text: "1 requests per day by user"),
      ], expires: KeyInstant(seconds: 9_000))
  }

  /// What the script adds to a put's fields.
  private static func stored(_ terms: KeyTerms, _ more: [String: String] = [:]) -> [String: String] {
    var fields = Dictionary(terms.fields.map { ($0.name, $0.value) }) { first, _ in first }
    fields["expires"] = terms.expires?.description
    let added = ["version": "3", "created": "1970-01-01T00:16:40Z", "changed": "1970-01-01T00:16:41Z"]
    return fields.merging(added) { $1 }.merging(more) { $1 }
  }

  @Test func aRecordIsReadAsItIsWritten() throws {
    for terms in [try Self.full(), try KeyTerms(digest: Self.digest(3), tenant: "t")] {
      let record = KeyRecord(
        terms: terms, version: 3, created: KeyInstant(seconds: 1_000), changed: KeyInstant(seconds: 1_001))
      #expect(try KeyEntry(fields: Self.stored(terms)) == .record(record))
    }
  }

  @Test func fieldsAreForPeople() throws {
    let lines = try Self.full().fields.filter { !$0.name.contains("sha256") }.map { "\($0.name) \($0.value)" }
    #expect(
      lines == [
        "tenant acme", "team search", "user ann", "tier pro", "models chat-* * org/model:1",
        "data_class phi", "limits 600 requests per minute, 1 requests per day by user",
        "former_until 1970-01-01T00:33:20Z",
      ])
  }

  @Test func nothingIsNoneAndARevocationAloneIsATombstone() throws {
    #expect(try KeyEntry(fields: [:]) == .none)
    let revoked = try #require(KeyInstant("2026-11-21T20:18:42Z"))
    let fields = ["version": "1", "revoked": "2026-11-21T20:18:42Z"]
    #expect(try KeyEntry(fields: fields) == .tombstone(revoked: revoked, version: 1))
    let terms = try Self.full()
    guard
      case .record(let record) = try KeyEntry(fields: Self.stored(terms, ["revoked": revoked.description]))
    else { Issue.record("no record"); return }
    #expect(record.revoked == revoked)
  }

  @Test func whatALaterVersionAddsIsPassedOver() throws {
    let terms = try Self.full()
    #expect(
      try KeyEntry(fields: Self.stored(terms, ["colour": "red"])) == KeyEntry(fields: Self.stored(terms)))
  }

  @Test(arguments: [
    ("version", "0"), ("version", "x"), ("version", ""), ("created", "yesterday"), ("changed", "now"),
    ("revoked", "1"), ("expires", "never"), ("sha256", "abc"), ("former_sha256", "xyz"),
    ("former_until", "1"), ("tenant", ""), ("tenant", "a{b}"), ("tenant", "a b"), ("team", "a\nb"),
    ("user", "é"), ("tier", "-x"), ("data_class", "\u{0}"), ("models", "a b{"), ("limits", "x"),
    ("limits", "1 requests per day, 2 requests per day"),
  ])
  func aFieldThatIsWrongIsNamed(_ field: String, _ value: String) throws {
    let fields = Self.stored(try Self.full(), [field: value])
    do {
      _ = try KeyEntry(fields: fields)
      Issue.record("\(value) was read")
    } catch {
      #expect(error.field == field, "\(error)")
    }
  }

  @Test(arguments: ["sha256", "tenant", "created", "version", "former_until"])
  func aFieldThatIsMissingIsNamed(_ field: String) throws {
    var fields = Self.stored(try Self.full())
    fields[field] = nil
    do {
      _ = try KeyEntry(fields: fields)
      Issue.record("it was read")
    } catch {
      #expect(error.field == field && error.reason.contains("missing"), "\(error)")
    }
  }

  @Test func listsAndNamesAreBounded() throws {
    let digest = try Self.digest(1)
    let name = String(repeating: "n", count: 128)
    #expect(throws: Never.self) { try KeyTerms(digest: digest, tenant: name) }
    #expect(throws: KeyRecordError.self) { try KeyTerms(digest: digest, tenant: name + "n") }
    let models = Array(repeating: "m", count: KeyTerms.mostModels)
    #expect(throws: Never.self) { try KeyTerms(digest: digest, tenant: "t", models: models) }
    #expect(throws: KeyRecordError.self) { try KeyTerms(digest: digest, tenant: "t", models: models + ["m"]) }
    let limits = try (0...KeyTerms.mostLimits).map { try RecordedLimit(text: "\($0 + 1) concurrent") }
    let error = #expect(throws: KeyRecordError.self) {
      try KeyTerms(digest: digest, tenant: "t", limits: limits)
    }
    #expect(error?.reason.contains("at most 32") == true)
    // A list of a foreign hash is not read to its end.
    let long = Array(repeating: "m", count: 10_000).joined(separator: " ")
    let fields = Self.stored(try Self.full(), ["models": long])
    #expect(throws: KeyRecordError.self) { try KeyEntry(fields: fields) }
  }

  @Test func theFormerSecretIsGoodUntilItsEnd() throws {
    let proof = try Self.full().proof
    #expect(try proof.accepts(Self.digest(1), at: 5_000_000))
    #expect(try proof.accepts(Self.digest(2), at: 1_999_999))
    #expect(try !proof.accepts(Self.digest(2), at: 2_000_000))
    #expect(try !proof.accepts(Self.digest(3), at: 0))
    #expect(!proof.isExpired(at: 8_999_999) && proof.isExpired(at: 9_000_000))
  }
}
