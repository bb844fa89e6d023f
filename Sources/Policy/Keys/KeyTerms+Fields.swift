/// The fields that a record has of its terms, as `redis-cli hgetall` shows them.
extension KeyTerms {
  /// Those that are set, in the order in which people read them; `expires` is the script's to write.
  package var fields: [(name: String, value: String)] {
    let fields: [(String, String?)] = [
      ("tenant", tenant), ("team", team), ("user", user), ("tier", tier),
      ("models", models.isEmpty ? nil : models.joined(separator: " ")), ("data_class", dataClass),
      ("limits", limits.isEmpty ? nil : limits.map(\.description).joined(separator: ", ")),
      ("sha256", digest.text), ("former_sha256", former?.digest.text),
      ("former_until", former?.until.description),
    ]
    return fields.compactMap { name, value in value.map { (name, $0) } }
  }

  init(fields: [String: String]) throws(KeyRecordError) {
    guard let digest = try Self.digest(fields, "sha256") else { throw KeyRecordError("sha256", "is missing") }
    guard let tenant = fields["tenant"] else { throw KeyRecordError("tenant", "is missing") }
    var limits: [RecordedLimit] = []
    for text in fields["limits", default: ""].split(separator: ",") {
      guard limits.count <= Self.mostLimits else { break }
      limits.append(try RecordedLimit(text: String(text)))
    }
    var former: Former?
    if let digest = try Self.digest(fields, "former_sha256") {
      guard let until = try Self.instant(fields, "former_until") else {
        throw KeyRecordError("former_until", "is missing")
      }
      former = Former(digest: digest, until: until)
    }
    try self.init(
      digest: digest, former: former, tenant: tenant, team: fields["team"], user: fields["user"],
      tier: fields["tier"],
      models: fields["models", default: ""].split(separator: " ", maxSplits: Self.mostModels).map(
        String.init),
      dataClass: fields["data_class"], limits: limits, expires: try Self.instant(fields, "expires"))
  }

  private static func digest(_ fields: [String: String], _ name: String) throws(KeyRecordError) -> KeyDigest?
  {
    guard let text = fields[name] else { return nil }
    guard let digest = KeyDigest(text: text) else {
      throw KeyRecordError(name, "is not 64 hexadecimal digits in lower case")
    }
    return digest
  }

  static func instant(_ fields: [String: String], _ name: String) throws(KeyRecordError) -> KeyInstant? {
    guard let text = fields[name] else { return nil }
    guard let instant = KeyInstant(text) else {
      throw KeyRecordError(name, "is '\(text.prefix(40))', not a time such as 2026-11-21T20:18:42Z")
    }
    return instant
  }
}
