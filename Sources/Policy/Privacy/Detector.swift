/// What is looked for in texts without being described in the configuration.
package enum Detector: String, CaseIterable, Sendable {
  case email, phone, card, iban
  case nationalID = "national_id"
  case ip, health

  /// What a class of this name looks for unless it says so itself.
  package static func usual(ofClass name: String) -> [Detector] {
    switch name {
    case "pii": [.email, .phone, .iban, .nationalID, .ip]
    case "pci": [.card]
    case "phi": [.health]
    default: []
    }
  }

  package var bit: DetectorSet {
    switch self {
    case .email: .email
    case .phone: .phone
    case .card: .card
    case .iban: .iban
    case .nationalID: .nationalID
    case .ip: .ip
    case .health: .health
    }
  }
}

/// Some detectors: the built-in ones, then the patterns of the configuration by position.
package struct DetectorSet: OptionSet, Sendable, Hashable {
  package static let email = DetectorSet(rawValue: 1 << 0)
  package static let phone = DetectorSet(rawValue: 1 << 1)
  package static let card = DetectorSet(rawValue: 1 << 2)
  package static let iban = DetectorSet(rawValue: 1 << 3)
  package static let nationalID = DetectorSet(rawValue: 1 << 4)
  package static let ip = DetectorSet(rawValue: 1 << 5)
  package static let health = DetectorSet(rawValue: 1 << 6)
  /// Patterns that there can be.
  package static let mostPatterns = 56

  package let rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// A pattern by its position in the configuration, below `mostPatterns`.
  package init(pattern: Int) {
    precondition((0..<Self.mostPatterns).contains(pattern), "there is no pattern \(pattern)")
    rawValue = 1 << UInt64(7 + pattern)
  }

  /// Those that a digit, an `@` or a colon leads to.
  static let triggered: DetectorSet = [.email, .phone, .card, .iban, .nationalID, .ip]
}
