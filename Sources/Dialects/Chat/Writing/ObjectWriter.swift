/// Writes one JSON object, member by member; nested values are written to the same bytes behind `key`.
struct ObjectWriter {
  let bytes: PaddedBytes
  private var isFirst = true

  /// Opens the object at the end of `bytes`.
  init(_ bytes: PaddedBytes) {
    self.bytes = bytes
    bytes.append("{")
  }

  /// Begins a member; its value has to follow.
  mutating func key(_ name: StaticString) {
    bytes.append(isFirst ? "\"" : ",\"")
    isFirst = false
    bytes.append(name)
    bytes.append("\":")
  }

  /// The same for a name that is known only now.
  private mutating func key(named name: String) {
    if !isFirst { bytes.append(",") }
    isFirst = false
    bytes.appendJSON(name)
    bytes.append(":")
  }

  func end() { bytes.append("}") }
}

/// Members with a value; those whose value is nil are left out.
extension ObjectWriter {
  mutating func member(_ name: StaticString, _ value: String?) {
    guard let value else { return }
    key(name)
    bytes.appendJSON(value)
  }

  mutating func member(_ name: StaticString, _ value: Bool?) {
    guard let value else { return }
    key(name)
    bytes.append(value ? "true" : "false")
  }

  mutating func member(_ name: StaticString, _ value: Int?) {
    guard let value else { return }
    key(name)
    bytes.append(value)
  }

  mutating func member(_ name: StaticString, _ value: Double?) {
    guard let value else { return }
    key(name)
    bytes.append(value)
  }

  mutating func member(_ name: StaticString, _ value: JSONText?) {
    guard let value else { return }
    key(name)
    bytes.append(value)
  }

  /// A member whose value is a constant in JSON, such as `null`.
  mutating func constant(_ name: StaticString, _ json: StaticString) {
    key(name)
    bytes.append(json)
  }

  mutating func members(_ members: [RawMember]) {
    for member in members {
      key(named: member.name)
      bytes.append(member.value)
    }
  }
}

extension PaddedBytes {
  func append(_ text: JSONText) { text.bytes.withUnsafeBytes { append($0) } }

  func append(_ number: Int) {
    var text = String(number)
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// A finite number, as ECMAScript writes it.
  func append(_ number: Double) {
    var text = Decimal(number).text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// A JSON list, its elements written one by one.
  func appendList<Element>(_ elements: some Sequence<Element>, _ write: (Element) -> Void) {
    append("[")
    var isFirst = true
    for element in elements {
      if !isFirst { append(",") }
      isFirst = false
      write(element)
    }
    append("]")
  }
}
