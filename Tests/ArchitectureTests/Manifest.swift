import Foundation

/// The dependency lists in Package.swift: target → names of the targets and products that it depends on.
///
/// Reads the text, as running SwiftPM within its own tests would wait for itself. Knows the manifest's own shorthands: constants
/// of one product (`let yams: Target.Dependency = .product(name: …`) or of several (`let nio: [Target.Dependency] = […]`), and
/// the functions `module` and `program` beside `.target` and `.executableTarget`.
struct Manifest {
  let dependencies: [String: Set<String>]

  init(text: String) {
    let constants = Self.constants(in: text)
    var dependencies: [String: Set<String>] = [:]
    let calls = #/(?:module|program|\.target|\.executableTarget)\(\s*(?:name: )?"([A-Za-z]+)"/#
    for call in text.matches(of: calls) {
      let list = Self.balanced(text[call.range.upperBound...])
      dependencies[String(call.1)] = Self.names(in: list, constants)
    }
    self.dependencies = dependencies
  }

  /// What each constant stands for.
  private static func constants(in text: String) -> [String: Set<String>] {
    var constants: [String: Set<String>] = [:]
    for match in text.matches(of: #/(?m)^let (\w+): (\[?)Target\.Dependency\]? = /#) {
      let rest = text[match.range.upperBound...]
      let value = match.2.isEmpty ? rest.prefix { $0 != "\n" } : rest.prefix { $0 != "]" }
      constants[String(match.1)] = Set(value.matches(of: #/name: "(\w+)"/#).map { String($0.1) })
    }
    return constants
  }

  /// Up to the bracket that closes the call.
  private static func balanced(_ text: Substring) -> Substring {
    var depth = 1
    return text.prefix { character in
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      return depth > 0
    }
  }

  /// Products and targets named, outside of settings and paths, which have labels of their own.
  private static func names(in arguments: Substring, _ constants: [String: Set<String>]) -> Set<String> {
    let list = arguments.prefix(
      upTo: arguments.firstRange(of: #/\w*[sS]ettings:|path:|resources:/#)?.lowerBound ?? arguments.endIndex)
    var names = Set(list.matches(of: #/"(\w+)"/#).map { String($0.1) })
    for word in list.replacing(#/"[^"]*"/#, with: "").matches(of: #/\w+/#) {
      names.formUnion(constants[String(word.0)] ?? [])
    }
    return names
  }
}
