internal import CSimdjson

/// One value of a parsed document; borrowed from the parser until its next document.
struct JSONValue {
  let raw: csj_value

  @inline(__always)
  init(_ raw: csj_value) { self.raw = raw }

  var isObject: Bool { raw.type == CSJ_OBJECT }
  var isArray: Bool { raw.type == CSJ_ARRAY }
  var isContainer: Bool { isObject || isArray }
  var isNull: Bool { raw.type == CSJ_NULL }
  var isNumber: Bool { raw.type == CSJ_INT64 || raw.type == CSJ_UINT64 || raw.type == CSJ_DOUBLE }

  var string: JSONBytes? { raw.type == CSJ_STRING ? JSONBytes(csj_string(raw)) : nil }

  var bool: Bool? {
    switch raw.type {
    case CSJ_TRUE: true
    case CSJ_FALSE: false
    default: nil
    }
  }

  /// An integer that fits 64 bits with its sign; nil for every other number.
  var int: Int? { raw.type == CSJ_INT64 ? Int(csj_int64(raw)) : nil }

  /// Any number, as near as a double comes.
  var double: Double? {
    switch raw.type {
    case CSJ_INT64: Double(csj_int64(raw))
    case CSJ_UINT64: Double(csj_uint64(raw))
    case CSJ_DOUBLE: csj_double(raw)
    default: nil
    }
  }

  /// The members of an object, in document order; none for other types.
  var members: JSONMembers { JSONMembers(self) }
  /// The elements of an array; none for other types.
  var elements: JSONElements { JSONElements(self) }

  /// The first member named `key`; nil where there is none or this is no object. Linear time.
  subscript(key: StaticString) -> JSONValue? {
    var members = members
    while let member = members.next() {
      if member.key == key { return member.value }
    }
    return nil
  }
}

/// Walks the members of an object.
struct JSONMembers: IteratorProtocol {
  private var cursor: csj_cursor

  @inline(__always)
  init(_ object: JSONValue) {
    cursor = object.isObject ? csj_children(object.raw) : csj_cursor()
  }

  @inline(__always)
  mutating func next() -> (key: JSONBytes, value: JSONValue)? {
    var key = csj_bytes()
    var value = csj_value()
    guard csj_next_member(&cursor, &key, &value) else { return nil }
    return (JSONBytes(key), JSONValue(value))
  }
}

/// Walks the elements of an array.
struct JSONElements: IteratorProtocol {
  private var cursor: csj_cursor

  @inline(__always)
  init(_ array: JSONValue) {
    cursor = array.isArray ? csj_children(array.raw) : csj_cursor()
  }

  @inline(__always)
  mutating func next() -> JSONValue? {
    var value = csj_value()
    guard csj_next_element(&cursor, &value) else { return nil }
    return JSONValue(value)
  }
}
