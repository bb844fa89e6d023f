import Logging

/// One record of the operational log before it has a form.
struct LogLine {
  let wallMilliseconds: Int64
  let level: Logger.Level
  let logger: String
  let message: String
  let fields: Logger.Metadata

  init(
    wallMilliseconds: Int64, level: Logger.Level, logger: String, message: String, fields: Logger.Metadata
  ) {
    self.wallMilliseconds = wallMilliseconds
    self.level = level
    self.logger = logger
    self.message = message
    self.fields = fields.mapValues(Self.settled)
  }

  /// `{"ts":…,"level":…,"logger":…,"msg":…, fields by name}` with a newline; a field with one of these four
  /// names gets an underscore after it.
  func json() -> [UInt8] {
    Self.bytes(bound: bound) { writer in
      writer.raw("{\"ts\":\"")
      Self.stamp(wallMilliseconds, &writer)
      writer.raw("\",\"level\":")
      writer.string(level.rawValue)
      writer.raw(",\"logger\":")
      writer.string(logger)
      writer.raw(",\"msg\":")
      writer.string(message)
      for (name, value) in sortedFields {
        writer.raw(",")
        writer.string(Self.reserved.contains(name) ? name + "_" : name)
        writer.raw(":")
        Self.write(value, to: &writer)
      }
      writer.raw("}\n")
    }
  }

  /// `2026-01-31T09:08:07.123Z WARNING logger: message key=value` with a newline. Values that are not plain
  /// words are quoted as in JSON, so that a line stays a line.
  func text() -> [UInt8] {
    Self.bytes(bound: bound) { writer in
      Self.stamp(wallMilliseconds, &writer)
      for word in [" ", level.rawValue.uppercased(), " ", logger, ": "] { Self.put(word, &writer) }
      Self.put(message.contains(where: \.isNewline) ? message.debugDescription : message, &writer)
      for (name, value) in sortedFields {
        for word in [" ", name, "="] { Self.put(word, &writer) }
        Self.writeWord(value, to: &writer)
      }
      writer.raw("\n")
    }
  }

  private static let reserved: Set<String> = ["ts", "level", "logger", "msg"]

  private var sortedFields: [(key: String, value: Logger.MetadataValue)] {
    fields.sorted { $0.key < $1.key }
  }

  private var bound: Int {
    let texts = JSONWriter.bound(ofString: logger.utf8.count + message.utf8.count)
    return texts + 256 + Self.bound(of: .dictionary(fields))
  }
}

extension LogLine {
  private static func bytes(bound: Int, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: bound) { memory, count in
      var writer = JSONWriter(memory)
      body(&writer)
      count = writer.count
    }
  }

  private static func stamp(_ milliseconds: Int64, _ writer: inout JSONWriter) {
    var timestamp = Timestamp()
    timestamp.write(milliseconds, to: &writer)
  }

  private static func put(_ text: String, _ writer: inout JSONWriter) {
    var text = text
    text.withUTF8 { bytes in
      if let base = bytes.baseAddress { writer.put(base, bytes.count) }
    }
  }

  /// The value with each description asked once: a second answer could be longer than the memory for it.
  private static func settled(_ value: Logger.MetadataValue) -> Logger.MetadataValue {
    switch value {
    case .string, .stringConvertible(is Int), .stringConvertible(is Bool): value
    case .stringConvertible(let other): .string(other.description)
    case .array(let elements): .array(elements.map(settled))
    case .dictionary(let members): .dictionary(members.mapValues(settled))
    }
  }

  /// A value as JSON; integers and booleans stay what they are.
  private static func write(_ value: Logger.MetadataValue, to writer: inout JSONWriter) {
    switch value {
    case .string(let text): writer.string(text)
    case .stringConvertible(let integer as Int): writer.integer(Int64(integer))
    case .stringConvertible(let flag as Bool): writer.raw(flag ? "true" : "false")
    case .stringConvertible(let other): writer.string(other.description)
    case .array(let elements):
      writer.raw("[")
      for (index, element) in elements.enumerated() {
        if index > 0 { writer.raw(",") }
        write(element, to: &writer)
      }
      writer.raw("]")
    case .dictionary(let members):
      writer.raw("{")
      for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { writer.raw(",") }
        writer.string(member.key)
        writer.raw(":")
        write(member.value, to: &writer)
      }
      writer.raw("}")
    }
  }

  private static func writeWord(_ value: Logger.MetadataValue, to writer: inout JSONWriter) {
    guard case .string(let text) = value, isWord(text) else { return write(value, to: &writer) }
    put(text, &writer)
  }

  private static func isWord(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
  }

  /// More bytes than the value can take, in either form.
  private static func bound(of value: Logger.MetadataValue) -> Int {
    switch value {
    case .string(let text): JSONWriter.bound(ofString: text.utf8.count)
    case .stringConvertible(let other): JSONWriter.bound(ofString: other.description.utf8.count) + 8
    case .array(let elements): elements.reduce(2) { $0 + bound(of: $1) + 1 }
    case .dictionary(let members):
      members.reduce(2) { $0 + JSONWriter.bound(ofString: $1.key.utf8.count + 1) + bound(of: $1.value) + 4 }
    }
  }
}
