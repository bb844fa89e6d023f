/// How a virtual key gets another secret.
package struct KeyRotation: Sendable, Equatable {
  /// How long the former secret stays good.
  package var grace = Duration.zero

  package init() {}

  /// Reads the body of a request, JSON or YAML; an empty one leaves the former secret no time.
  package static func parse(_ text: String) throws(SettingsErrors) -> KeyRotation {
    if text.allSatisfy(\.isWhitespace) { return KeyRotation() }
    return try Form<KeyRotation>.keyRotation.read(body: text)
  }
}
