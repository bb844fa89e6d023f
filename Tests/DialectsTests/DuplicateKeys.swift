/// Finds keys that an object names twice, by a reader of its own: Foundation keeps one of them and says
/// nothing.
///
/// For valid JSON only. Paths are keys joined by dots, from the top.
struct DuplicateKeys {
  private let bytes: [UInt8]
  private var at = 0
  private var found: [String] = []

  static func paths(in bytes: [UInt8]) -> [String] {
    var reader = DuplicateKeys(bytes: bytes)
    reader.readValue("")
    return reader.found
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func readValue(_ path: String) {
    skipSpaces()
    guard at < bytes.count else { return }
    switch bytes[at] {
    case UInt8(ascii: "{"): readObject(path)
    case UInt8(ascii: "["): readArray(path)
    case UInt8(ascii: "\""): _ = readString()
    default: while at < bytes.count, !",]}".utf8.contains(bytes[at]) { at += 1 }
    }
    skipSpaces()
  }

  private mutating func readObject(_ path: String) {
    var keys: Set<[UInt8]> = []
    repeat {
      at += 1
      skipSpaces()
      guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { break }
      let key = readString()
      let name = path + String(decoding: key, as: UTF8.self)
      if !keys.insert(key).inserted { found.append(name) }
      skipSpaces()
      at += 1
      readValue(name + ".")
    } while at < bytes.count && bytes[at] == UInt8(ascii: ",")
    at += 1
  }

  private mutating func readArray(_ path: String) {
    repeat {
      at += 1
      readValue(path)
    } while at < bytes.count && bytes[at] == UInt8(ascii: ",")
    at += 1
  }

  /// The unescaped UTF-8 of a string; surrogates by their numbers, which is enough to compare.
  private mutating func readString() -> [UInt8] {
    var units: [UInt16] = []
    var raw: [UInt8] = []
    func flushed() -> [UInt16] { Array(String(decoding: raw, as: UTF8.self).utf16) }
    at += 1
    while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
      guard bytes[at] == UInt8(ascii: "\\") else {
        raw.append(bytes[at])
        at += 1
        continue
      }
      units += flushed()
      raw = []
      units.append(readEscape())
    }
    at += 1
    return Array(String(decoding: units + flushed(), as: UTF16.self).utf8)
  }

  private mutating func readEscape() -> UInt16 {
    let letter = bytes[at + 1]
    at += 2
    guard letter == UInt8(ascii: "u") else {
      let plain: [Character: UInt16] = ["n": 10, "r": 13, "t": 9, "b": 8, "f": 12]
      return plain[Character(Unicode.Scalar(letter))] ?? UInt16(letter)
    }
    at += 4
    return UInt16(String(decoding: bytes[(at - 4)..<at], as: UTF8.self), radix: 16) ?? 0
  }

  private mutating func skipSpaces() {
    while at < bytes.count, " \t\r\n".utf8.contains(bytes[at]) { at += 1 }
  }
}
