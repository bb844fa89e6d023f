import NIOCore

extension Answer {
  /// A part of an answer; they come in this order.
  enum Part: Equatable {
    case thought, text
    case call(Int)
  }

  /// Where a piece stands.
  struct Place: Equatable {
    var part: Part
    /// Among the part's pieces.
    var index: Int
    var count: Int

    var isFirst: Bool { index == 0 }
    var isLast: Bool { index + 1 == count }
  }

  var isCall: Bool { !calls.isEmpty }

  var textCount: Int {
    switch said {
    case .words(let count): count
    case .text(let pieces): pieces.count
    }
  }

  /// Of one choice.
  var completionTokens: Int {
    calls.reduce(thinking + textCount) { $0 + $1.pieces.count }
  }

  /// How many steps the content of a stream comes in: one per completion token.
  var pieceCount: Int { completionTokens }

  var totalCompletionTokens: Int { completionTokens * choices }

  /// Those that there are, in order.
  var parts: [Part] {
    var parts: [Part] = []
    if thinking > 0 { parts.append(.thought) }
    if textCount > 0 { parts.append(.text) }
    for number in calls.indices { parts.append(.call(number)) }
    return parts
  }

  @inline(__always)
  func place(of piece: Int) -> Place {
    if piece < thinking { return Place(part: .thought, index: piece, count: thinking) }
    var index = piece - thinking
    let textCount = textCount
    if index < textCount { return Place(part: .text, index: index, count: textCount) }
    index -= textCount
    for (number, call) in calls.enumerated() {
      if index < call.pieces.count {
        return Place(part: .call(number), index: index, count: call.pieces.count)
      }
      index -= call.pieces.count
    }
    preconditionFailure("Answer: piece \(piece) of \(pieceCount)")
  }

  /// Appends the piece at `place` of `choice`, as it stands inside a JSON string.
  @inline(__always)
  func write(_ place: Place, choice: Int, into buffer: inout ByteBuffer) {
    switch place.part {
    case .thought: buffer.writeString(thought(place.index))
    case .text: writeText(place.index, choice: choice, into: &buffer)
    case .call(let number): buffer.writeString(calls[number].pieces[place.index])
    }
  }

  @inline(__always)
  private func writeText(_ index: Int, choice: Int, into buffer: inout ByteBuffer) {
    switch said {
    case .words:
      if index > 0 { buffer.writeStaticString(" ") }
      let word = Lexicon.packed[wordNumber(index, choice)]
      buffer.writeInteger(word.bytes, endianness: .little)
      buffer.moveWriterIndex(to: buffer.writerIndex - 8 + word.count)
    case .text(let pieces): buffer.writeString(pieces[index])
    }
  }

  /// Appends all that `choice` says, calls and thoughts apart.
  func writeText(choice: Int, into buffer: inout ByteBuffer) {
    guard case .words(let count) = said else {
      for index in 0..<textCount { writeText(index, choice: choice, into: &buffer) }
      return
    }
    let words = Lexicon.packed
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 8 * count + 8) { bytes in
      var offset = 0
      for index in 0..<count {
        let word = words[wordNumber(index, choice)]
        bytes.storeBytes(of: word.bytes.littleEndian, toByteOffset: offset, as: UInt64.self)
        bytes[offset + word.count] = UInt8(ascii: " ")
        offset += word.count + 1
      }
      return max(0, offset - 1)
    }
  }

  /// All that is thought; the same in every choice, and nothing in it to escape.
  var thoughts: String {
    (0..<thinking).map { thought($0) }.joined()
  }

  private func thought(_ index: Int) -> String {
    let word = Lexicon.words[Int(mixed(~seed &+ UInt64(index)) & 63)]
    return index > 0 ? " " + word : word
  }

  @inline(__always)
  private func wordNumber(_ index: Int, _ choice: Int) -> Int {
    Int(mixed(seed &+ UInt64(index) &* 0x9E37_79B9 &+ UInt64(choice) << 40) & 63)
  }
}
