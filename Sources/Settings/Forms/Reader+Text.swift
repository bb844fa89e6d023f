/// A scalar as written and with its `${VAR}` replaced. Errors quote `written` only: the value may be a secret.
struct Written {
  var written: String
  var value: String
  var mark: Mark
  /// Whether any of it came from the environment.
  var isReference: Bool
}

extension Reader {
  /// The scalar in `tree`; nil, with the error noted, where there is none or a reference leads nowhere.
  mutating func text(_ tree: Tree, wanted: String) -> Written? {
    guard case .scalar(let written) = tree.content else {
      fail(Self.mismatch(tree, wanted: wanted), at: tree.mark)
      return nil
    }
    do throws(Refusal) {
      let expansion = try References.expand(written, environment: environment)
      return Written(
        written: written, value: expansion.text, mark: tree.mark, isReference: expansion.hasReferences)
    } catch {
      fail(error.message, at: tree.mark)
      return nil
    }
  }

  static func mismatch(_ tree: Tree, wanted: String) -> String {
    if case .nothing = tree.content { return "has no value: write \(wanted), or remove the key" }
    return "must be \(wanted), not \(tree.kind)"
  }
}

/// Why a scalar is refused, as the end of a sentence that begins with it: `is not a duration: …`.
struct Refusal: Error {
  var message: String
  init(_ message: String) { self.message = message }
}

/// `${NAME}` in strings; `$${` stands for `${` itself.
enum References {
  struct Expansion {
    var text = ""
    var hasReferences = false
  }

  static func expand(_ written: String, environment: [String: String]) throws(Refusal) -> Expansion {
    var expansion = Expansion()
    var rest = written[...]
    while let dollar = rest.firstIndex(of: "$") {
      expansion.text += rest[..<dollar]
      rest = rest[dollar...]
      if rest.hasPrefix("$${") {
        expansion.text += "${"
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("${") {
        let name = try reference(&rest)
        expansion.text += try value(of: name, environment)
        expansion.hasReferences = true
      } else {
        expansion.text += "$"
        rest = rest.dropFirst()
      }
    }
    expansion.text += rest
    return expansion
  }

  /// What expands to `text`.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      escaped += rest[..<dollar]
      rest = rest[dollar...]
      let opens = rest.hasPrefix("${")
      escaped += opens ? "$${" : "$"
      rest = rest.dropFirst(opens ? 2 : 1)
    }
    return escaped + rest
  }

  /// Takes `${NAME}` off the front.
  private static func reference(_ rest: inout Substring) throws(Refusal) -> String {
    guard let end = rest.firstIndex(of: "}") else {
      throw Refusal("'${' is not closed: write ${NAME}, or $${ where the two characters are meant")
    }
    let name = rest[..<end].dropFirst(2)
    rest = rest[rest.index(after: end)...]
    let isName = name.utf8.allSatisfy { Ascii.isLetter($0) || Ascii.isDigit($0) || $0 == UInt8(ascii: "_") }
    guard isName, let first = name.utf8.first, !Ascii.isDigit(first) else {
      throw Refusal("a reference must be ${NAME} with letters, digits and _, such as ${OPENAI_API_KEY}")
    }
    return String(name)
  }

  private static func value(of name: String, _ environment: [String: String]) throws(Refusal) -> String {
    guard let value = environment[name] else {
      throw Refusal(
        "environment variable \(name) is not set: set it, or write the value in place of ${\(name)}")
    }
    guard !value.isEmpty else { throw Refusal("environment variable \(name) is empty: give it a value") }
    return value
  }
}

enum Ascii {
  static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }
  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
