/// The keys in Redis of the registry and of rollouts. All but the evidence share one tag, so one slot.
package struct ControlNames: Sendable {
  /// A hash: `ControlLease`.
  package let lease: String
  /// A hash: `ControlConfig`.
  package let config: String
  /// `<epoch> <count> <ms>`: the leader has looked after what is exposed.
  package let stamp: String
  /// A hash: replica → `ControlAck`.
  package let acks: String
  /// A hash: `<model>@<version>/<replica>` → `<ms> <metric> <replica>`, `…/*` where it is the cluster's; `mark` rises with each change.
  package let vetoes: String
  /// A hash: id → `<ms> <text>`: what people want.
  package let asks: String
  /// A stream: who did what, and why.
  package let audit: String
  /// `ControlNews` is published here.
  package let channel: String
  private let prefix: String

  /// `prefix` is `state.key_prefix`.
  package init(prefix: String) {
    self.prefix = prefix
    let tag = "\(prefix):{ro}"
    (lease, config, stamp) = ("\(tag):lease", "\(tag):cfg", "\(tag):stamp")
    (acks, vetoes, asks, audit) = ("\(tag):ack", "\(tag):veto", "\(tag):asks", "\(tag):audit")
    channel = "\(prefix):ev:ro"
  }

  /// A hash: how far the evidence of a candidate is folded, and what came of it.
  package func judge(_ model: ControlModel) -> String { "\(prefix):{ro}:judge:\(model.escaped)" }

  /// A hash: version → the bundle as text; each is written once.
  package func bundles(_ model: ControlModel) -> String { "\(prefix):{ro}:bundles:\(model.escaped)" }

  /// A hash: what copies of its requests cost, `spent` on the `day` (days since 1970), and `@<replica>` → the last one that told.
  package func shadowBudget(_ model: ControlModel) -> String {
    "\(prefix):{ro}:shadow:budget:\(model.escaped)"
  }

  /// A hash: version → the report of its last evaluation, as text.
  package func evaluations(_ model: ControlModel) -> String { "\(prefix):{ro}:eval:\(model.escaped)" }

  /// What came of an ask.
  package func answer(_ ask: String) -> String { "\(prefix):{ro}:answer:\(ask)" }

  /// A hash: counts of one second of Redis' clock, and `@<replica>` → its last flush.
  package func counts(_ model: ControlModel, second: Int64) -> String {
    "\(prefix):{ro:\(model.escaped)}:n:\(second)"
  }
}

/// The name of a model as it stands in keys, fields and messages: no blank, brace, `@` or control character is left of it.
package struct ControlModel: Hashable, Comparable, Sendable {
  package let name: String
  package let escaped: String

  package static let longest = 200

  /// Nil for an empty name, and for one of more than 200 bytes.
  package init?(_ name: String) {
    guard (1...Self.longest).contains(name.utf8.count) else { return nil }
    self.name = name
    escaped = PlainName.escaped(name, beside: ":/+")
  }

  /// Reads `escaped`; nil where no name is written so.
  package init?(escaped text: some StringProtocol) {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    guard let name = String(validating: bytes, as: UTF8.self) else { return nil }
    self.init(name)
    guard escaped == text else { return nil }
  }

  package static func < (one: ControlModel, other: ControlModel) -> Bool {
    one.escaped.utf8.lexicographicallyPrecedes(other.escaped.utf8)
  }
}

/// What texts of control may look like.
package enum ControlRule {
  /// Names of replicas, metrics, counts and asks: up to 128 letters, digits and `. _ - : / +`, the first a letter or digit.
  package static func isID(_ text: String) -> Bool { RecordRule.isName(text) }

  /// Numbers that a script can compute with: up to 15 digits.
  package static let most: Int64 = 999_999_999_999_999
  package static func isNumber(_ number: Int64) -> Bool { (0...most).contains(number) }

  /// One line, not empty, of at most so many bytes.
  static func isLine(_ text: String, most: Int) -> Bool {
    !text.isEmpty && text.utf8.count <= most && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
  }

  /// What people wrote as one line: control characters are blanks, and what is beyond so many characters is cut off.
  static func line(_ text: String, most: Int) -> String {
    var line = ""
    for scalar in text.unicodeScalars.prefix(most) {
      line.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
    }
    return line
  }

  /// The same rule as in `control_common.lua`.
  static func number(_ text: (some StringProtocol)?) -> Int64? {
    guard let text, (1...15).contains(text.utf8.count), text.utf8.allSatisfy(RecordRule.isDigit) else {
      return nil
    }
    return Int64(text)
  }
}
