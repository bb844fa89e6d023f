/// The keys in Redis of what belongs to virtual keys; each tag's are of one slot.
package struct KeyNames: Sendable {
  /// A sorted set: id → the epoch of its last change.
  package let changes: String
  /// `<epoch> <floor>`: the last change, and the one from which on `changes` is complete.
  package let epoch: String
  /// A sorted set of ids, all of score 0, in the order of their bytes.
  package let ids: String
  /// 64 hexadecimal digits, which the ids' checks are made with.
  package let secret: String
  /// Ids are published here when they change.
  package let channel: String
  private let prefix: String

  /// `prefix` is `state.key_prefix`.
  package init(prefix: String) {
    self.prefix = prefix
    changes = "\(prefix):{keys}:changes"
    epoch = "\(prefix):{keys}:epoch"
    ids = "\(prefix):{keys}:ids"
    secret = "\(prefix):{keys}:secret"
    channel = "\(prefix):ev:keys"
  }

  /// Whether a text may be the id of a key: up to 128 letters, digits and `. _ - : / +`, the first a letter or digit.
  package static func isID(_ text: String) -> Bool { RecordRule.isName(text) }

  /// A hash: what `KeyEntry` reads. `id` is a virtual key's, or that of a key of the configuration; neither has a brace.
  package func record(_ id: String) -> String {
    assert(RecordRule.isName(id), "\(id) is no id")
    return "\(prefix):{k:\(id)}:key"
  }

  /// A version: what came of a request to set a record.
  package func request(_ id: String, _ request: String) -> String {
    assert(RecordRule.isName(request), "\(request) is no id")
    return "\(prefix):{k:\(id)}:req:\(request)"
  }
}
