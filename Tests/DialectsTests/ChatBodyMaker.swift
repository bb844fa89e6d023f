/// Makes random chat bodies: with every seed another one, about half of them damaged.
struct ChatBodyMaker {
  struct Made {
    var bytes: [UInt8]
    /// The body is sound in every way.
    var mustPass: Bool
  }

  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func make() -> Made {
    let isSound = chance(40)
    var members = members()
    if !isSound, chance(40) { members.append(pick(members)) }
    if !isSound, chance(40) { members.append(oddMember()) }
    members.shuffle(using: &random)
    var bytes = Array(object(members).utf8)
    if !isSound, chance(50) { bytes = damaged(bytes) }
    return Made(bytes: bytes, mustPass: isSound)
  }

  private typealias Member = (key: String, value: String)

  private mutating func members() -> [Member] {
    var members: [Member] = [
      ("messages", list((1...Int.random(in: 1...4, using: &random)).map { _ in message() }))
    ]
    if chance(80) { members.append(("model", string(pick(["gpt", "a\"b", "é😀", "m\\n", "x/y:z"])))) }
    if chance(50) { members.append(("stream", pick(["true", "false", "null"]))) }
    if chance(40) { members.append(("max_tokens", pick(["0", "-0", "17", "9007199254740992", "null"]))) }
    if chance(20) { members.append(("max_completion_tokens", pick(["5", "null"]))) }
    if chance(30) { members.append(("stream_options", streamOptions())) }
    if chance(30) { members.append(("temperature", pick(["0.7", "1e-3", "-1E+2", "1.0", "-0.0"]))) }
    if chance(20) { members.append(("user", string("say \"model\": 1, {[\u{1}]}"))) }
    if chance(20) { members.append(("extra", #"{"a":[1,{"model":"no"}],"b":{}, "c":[]}"#)) }
    return members
  }

  private mutating func streamOptions() -> String {
    var members: [Member] = chance(50) ? [("include_usage", pick(["true", "false", "null"]))] : []
    if chance(50) { members.append(("other", pick(["1", "[{}]", "\"x\""]))) }
    return chance(15) ? "null" : object(members.shuffled(using: &random))
  }

  private mutating func message() -> String {
    var members: [Member] = [("role", string(pick(["user", "system", "assistant"])))]
    if chance(90) { members.append(("content", chance(70) ? string(text()) : chance(80) ? parts() : "null")) }
    if chance(20) { members.append(("name", string("n"))) }
    return object(members.shuffled(using: &random))
  }

  private mutating func parts() -> String {
    list(
      (0..<Int.random(in: 0...3, using: &random)).map { _ in
        chance(60)
          ? object([("type", string("text")), ("text", string(text()))])
          : object([("type", string("image_url")), ("image_url", #"{"url":"data:,"}"#)])
      })
  }

  /// What a sound body must not hold.
  private mutating func oddMember() -> Member {
    switch Int.random(in: 0..<9, using: &random) {
    case 0: return ("odd", pick(["1e400", "01", "-", "+1", "1.", "NaN", "0x10", "1e5", "-0"]))
    case 1: return ("odd", pick([#""\ud800""#, #""\udc00x""#, #""\ud83d\ude00""#, #""\ud800\u0041""#]))
    case 2: return ("max_tokens", pick(["1.5", "-1", "1e3", "99999999999999999999", "\"7\"", "true"]))
    case 3: return ("stream", pick(["1", "\"true\"", "[]"]))
    case 4: return ("model", pick(["1", "\"\"", "null", "{}", #""\u0000""#, #""a\u0001""#]))
    case 5: return ("extra", #"{"a":1,"a":2,"b":{"b":1,"\u0062":2}}"#)
    case 6: return ("messages", pick(["[]", "{}", #"[{"role":"a","role":"b"}]"#, #"[{"content":"x"}]"#]))
    case 7: return ("stream_options", #"{"include_usage":true,"include\u005fusage":false}"#)
    default: return nested()
    }
  }

  private mutating func nested() -> Member {
    let depth = pick([60, 62, 63, 64, 65, 100])
    return ("deep", String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
  }

  private mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    let place = Int.random(in: 0..<bytes.count, using: &random)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: bytes.append(contentsOf: pick([" x", "{}", "\0", "]", " \n "]).utf8)
    case 1: bytes.insert(contentsOf: [0xef, 0xbb, 0xbf], at: 0)
    case 2: bytes.insert(pick([0x80, 0xff, 0xc0, 0xed]), at: place)
    case 3: bytes.insert(pick([0, 0x22, 0x5c, 0x7b, 0x7d, 0x2c, 0x3a, 0x0a, 0x30]), at: place)
    case 4: bytes.remove(at: place)
    case 5: bytes.removeLast(bytes.count - place)
    case 6: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    default: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &random))
    }
    return bytes
  }
}

/// Spelling: random spaces and escapes.
extension ChatBodyMaker {
  private mutating func object(_ members: [Member]) -> String {
    var spelled: [String] = []
    for member in members {
      spelled.append(space() + key(member.key) + space() + ":" + space() + member.value + space())
    }
    return "{" + (spelled.isEmpty ? space() : spelled.joined(separator: ",")) + "}"
  }

  private mutating func list(_ elements: [String]) -> String {
    let padded = elements.map { space() + $0 }
    return "[" + padded.joined(separator: ",") + space() + "]"
  }

  private mutating func key(_ name: String) -> String {
    guard chance(10) else { return "\"\(name)\"" }
    let place = Int.random(in: 0..<name.utf8.count, using: &random)
    let spelled = name.utf8.enumerated().map { index, byte in
      index == place ? "\\u00" + String(byte, radix: 16) : String(Unicode.Scalar(byte))
    }
    return "\"" + spelled.joined() + "\""
  }

  private mutating func string(_ text: String) -> String {
    var result = "\""
    for unit in text.unicodeScalars {
      if unit == "\"" || unit == "\\" {
        result += "\\" + String(unit)
      } else if unit.value < 0x20 || unit.value < 0x80 && chance(5) {
        result += "\\u00" + (unit.value < 0x10 ? "0" : "") + String(unit.value, radix: 16)
      } else {
        result.unicodeScalars.append(unit)
      }
    }
    return result + "\""
  }

  private mutating func text() -> String {
    (0..<Int.random(in: 0...6, using: &random)).map { _ in
      pick(["word ", "é", "😀", "\"", "\\", "\n", "{", "],"])
    }
    .joined()
  }

  private mutating func space() -> String { chance(80) ? "" : pick([" ", "\n", "\t", "\r\n", "  "]) }
  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: 0..<elements.count, using: &random)]
  }
}
