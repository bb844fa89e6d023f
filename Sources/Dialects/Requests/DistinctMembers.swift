/// Walks the members of an object and refuses a key that comes twice.
struct DistinctMembers {
  private var members: JSONMembers
  private let outer: Int
  private let path: FieldPath

  init(_ object: JSONValue, at path: FieldPath, keys: KeySet) {
    members = object.members
    self.path = path
    outer = keys.begin()
  }

  /// The next member, noted in the `keys` that this walk began with; nil at the end, which must be reached
  /// unless an error is thrown.
  @inline(__always)
  mutating func next(_ keys: KeySet) throws(PeekError) -> (key: JSONBytes, value: JSONValue)? {
    guard let member = members.next() else {
      if let key = keys.end(outer) { throw .duplicate(key, in: path) }
      return nil
    }
    guard keys.insert(member.key) else { throw .duplicate(member.key, in: path) }
    return member
  }
}
