/// Which call a result belongs to. Ids are new to the API, and many clients send neither a call's nor a result's: then the tool's name says
/// it, or the order.
struct OllamaCalls {
  private static let prefix = "history_call_"

  /// What each call's tool is called, of all turns; the last call of an id counts.
  private(set) var names: [String: String] = [:]
  /// Those of the last turn that made any, in their order: all, and by their names. Front ones are gone once they have a result.
  private var waiting: ArraySlice<String> = []
  private var named: [String: ArraySlice<String>] = [:]
  private var answered: Set<String> = []

  /// The id of a call that has none: the same in each request that holds the same history.
  static func madeID(_ message: Int, _ number: Int) -> String { "\(prefix)\(message)_\(number)" }

  static func isMade(_ id: String) -> Bool { id.hasPrefix(prefix) }

  /// A turn makes these calls.
  mutating func begin(_ calls: [ToolCall]) {
    (waiting, named, answered) = ([], [:], [])
    for call in calls {
      names[call.id] = call.name
      waiting.append(call.id)
      named[call.name, default: []].append(call.id)
    }
  }

  /// The call whose result has come, by what the result says of it; nil where there is none.
  mutating func take(id: String?, name: String?) -> String? {
    var found = id.flatMap { $0.isEmpty ? nil : $0 }
    while found == nil {
      let next = if let name { named[name]?.popFirst() } else { waiting.popFirst() }
      guard let candidate = next else { return nil }
      if !answered.contains(candidate) { found = candidate }
    }
    if let found { answered.insert(found) }
    return found
  }
}
