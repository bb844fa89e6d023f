/// Where one breaker is kept: keys of one tag, so of one slot.
package struct BreakerKeys: Hashable, Sendable {
  /// `ENDPOINT/DEPLOYMENT`, without what a key may not hold: what is published says whose it is by it.
  package let name: String
  /// A hash: `BreakerState`.
  package let state: String
  /// A hash: `BreakerWindow`.
  package let window: String
  /// A hash: permit → when it was given.
  package let probes: String
  /// Of all breakers: `NAME` and `BreakerStatus.line`, at each change.
  package let channel: String

  package var all: [String] { [state, window, probes] }

  package init(endpoint: String, deployment: String, prefix: String = "sy") {
    precondition(!endpoint.isEmpty && !deployment.isEmpty, "a breaker of nothing")
    // Slashes and colons of an endpoint's URL stay; the last slash is the one before the deployment.
    name = Self.escaped(endpoint, beside: ":/") + "/" + Self.escaped(deployment)
    let tag = "\(prefix):{cb:\(name)}"
    (state, window, probes) = (tag + ":state", tag + ":window", tag + ":probes")
    channel = "\(prefix):ev:cb"
  }

  /// One key says all of them.
  package static func == (one: BreakerKeys, other: BreakerKeys) -> Bool { one.state == other.state }
  package func hash(into hasher: inout Hasher) { hasher.combine(state) }

  /// All bytes but letters, digits, `-`, `_`, `.` and those given as `%` and two digits: no brace, blank or glob character is left.
  private static func escaped(_ text: String, beside others: String = "") -> String {
    var name = ""
    for byte in text.utf8 {
      if isPlain(byte) || others.utf8.contains(byte) {
        name.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        name += (byte < 0x10 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
      }
    }
    return name
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}
