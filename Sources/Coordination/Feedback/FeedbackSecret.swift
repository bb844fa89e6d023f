import Crypto
package import Policy

/// What a cluster's tickets are sealed with: 32 bytes, kept in the shared state. Nothing prints it but `text`.
package struct FeedbackSecret: Sendable, CustomStringConvertible, CustomReflectable {
  private let key: SymmetricKey
  /// As the shared state keeps it: 64 hexadecimal digits.
  package let text: String

  /// Nil unless there are 64 hexadecimal digits in lower case.
  package init?(text: String) {
    guard let bytes = ContentDigest(text: text)?.bytes else { return nil }
    (key, self.text) = (SymmetricKey(data: bytes), text)
  }

  /// One that nobody can foresee.
  package static func random() -> FeedbackSecret? {
    var source = SystemRandomNumberGenerator()
    return ContentDigest(bytes: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &source) })
      .flatMap { FeedbackSecret(text: $0.text) }
  }

  package var description: String { "…" }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}

// MARK: Tickets

extension FeedbackSecret {
  /// Bytes of HMAC-SHA-256 that a seal has.
  private static let length = 16
  private static let digits = Array("0123456789abcdef".utf8)

  /// `<ticket>~<seal>`. The seal is of the ticket and of its holder, so that nobody else's key opens it, and nothing says whose it is.
  package func seal(_ ticket: FeedbackTicket, for holder: String) -> String {
    let text = ticket.text
    return "\(text)~\(code(text, holder))"
  }

  /// Nil for what this secret has not sealed for this holder.
  package func open(_ sealed: String, by holder: String) -> FeedbackTicket? {
    guard sealed.utf8.count <= 2_048, let end = sealed.lastIndex(of: "~") else { return nil }
    let text = String(sealed[..<end])
    guard Self.isSame(code(text, holder).utf8, sealed[sealed.index(after: end)...].utf8) else { return nil }
    return FeedbackTicket(text: text)
  }

  private func code(_ text: String, _ holder: String) -> String {
    var bytes = Array(holder.utf8)
    bytes.append(0)
    bytes += text.utf8
    let code = HMAC<SHA256>.authenticationCode(for: bytes, using: key)
    var digits: [UInt8] = []
    digits.reserveCapacity(2 * Self.length)
    for byte in code.prefix(Self.length) {
      digits.append(Self.digits[Int(byte >> 4)])
      digits.append(Self.digits[Int(byte & 15)])
    }
    return String(decoding: digits, as: UTF8.self)
  }

  /// In a time that does not tell where they differ.
  private static func isSame(_ one: some Collection<UInt8>, _ other: some Collection<UInt8>) -> Bool {
    guard one.count == other.count else { return false }
    return zip(one, other).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
