import NIOCore

/// One answer in one surface's JSON. A stream is an opening, then piece after piece, then a closing.
struct Rendition: Equatable {
  enum Surface: Equatable, Sendable {
    case chat, completions, embeddings, responses
  }

  var surface: Surface
  /// Counts requests; from it the ids are made.
  var number: UInt64
  /// As it stands inside a JSON string.
  var model: String
  var isStream: Bool
  var includesUsage: Bool
  var answer: Answer
  /// Of an embeddings answer.
  var vectors = EmbeddingList()

  /// "created" of every answer: constant, so that equal requests have equal answers.
  static let created: StaticString = "1750000000"

  /// The whole answer.
  func writeBody(into buffer: inout ByteBuffer) {
    switch surface {
    case .chat: ChatSurface.body(self, into: &buffer)
    case .completions: CompletionsSurface.body(self, into: &buffer)
    case .embeddings: vectors.write(model: model, promptTokens: answer.promptTokens, into: &buffer)
    case .responses: ResponsesSurface.body(self, into: &buffer)
    }
  }

  /// The events before the first piece.
  func writeOpening(into buffer: inout ByteBuffer) {
    switch surface {
    case .chat: ChatSurface.opening(self, into: &buffer)
    case .responses: ResponsesSurface.opening(self, into: &buffer)
    case .completions, .embeddings: break
    }
  }

  /// The events that carry piece `index`, one per choice.
  func writePiece(_ index: Int, into buffer: inout ByteBuffer) {
    switch surface {
    case .chat: ChatSurface.piece(index, self, into: &buffer)
    case .completions: CompletionsSurface.piece(index, self, into: &buffer)
    case .responses: ResponsesSurface.piece(index, self, into: &buffer)
    case .embeddings: break
    }
  }

  /// The events after the last piece.
  func writeClosing(into buffer: inout ByteBuffer) {
    switch surface {
    case .chat: ChatSurface.closing(self, into: &buffer)
    case .completions: CompletionsSurface.closing(self, into: &buffer)
    case .responses: ResponsesSurface.closing(self, into: &buffer)
    case .embeddings: break
    }
  }

  /// The usage object of chat completions and completions.
  func writeUsage(into buffer: inout ByteBuffer) {
    buffer.writeStaticString("{\"prompt_tokens\":")
    buffer.writeDecimal(answer.promptTokens)
    buffer.writeStaticString(",\"completion_tokens\":")
    buffer.writeDecimal(answer.totalCompletionTokens)
    buffer.writeStaticString(",\"total_tokens\":")
    buffer.writeDecimal(answer.promptTokens + answer.totalCompletionTokens)
    buffer.writeStaticString("}")
  }
}

extension ByteBuffer {
  /// Appends a number that is not negative.
  mutating func writeDecimal(_ number: some BinaryInteger) {
    var rest = UInt64(number)
    var digits: (high: UInt64, low: UInt64, count: Int) = (0, 0, 0)
    repeat {
      // The digits shift in from below, so that the most significant comes to stand first in memory.
      digits.high = digits.high << 8 | digits.low >> 56
      digits.low = digits.low << 8 | (0x30 + rest % 10)
      rest /= 10
      digits.count += 1
    } while rest > 0 && digits.count < 16
    writeInteger(digits.low, endianness: .little)
    if digits.count > 8 { writeInteger(digits.high, endianness: .little) }
    moveWriterIndex(to: writerIndex - (digits.count > 8 ? 16 : 8) + digits.count)
  }
}
