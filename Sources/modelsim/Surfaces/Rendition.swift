import NIOCore

/// One answer in one surface's JSON. A stream is an opening, then piece after piece, then a closing.
struct Rendition: Equatable {
  enum Surface: Equatable, Sendable {
    case chat, completions, embeddings, responses
    case messages, countTokens
    case ollamaChat, ollamaGenerate, ollamaEmbed
    case gemini, infer

    /// Whether a model's words are the answer, one by one if they are streamed.
    var isSpoken: Bool {
      switch self {
      case .chat, .completions, .responses, .messages, .ollamaChat, .ollamaGenerate, .gemini: true
      case .embeddings, .countTokens, .ollamaEmbed, .infer: false
      }
    }
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
  /// The whole answer, where nothing is spoken.
  var document = ""
  /// Azure's content filter is told of.
  var isFiltered = false

  /// "created" of every answer: constant, so that equal requests have equal answers.
  static let created: StaticString = "1750000000"

  /// The whole answer.
  func writeBody(into buffer: inout ByteBuffer) {
    switch surface {
    case .chat: ChatSurface.body(self, into: &buffer)
    case .completions: CompletionsSurface.body(self, into: &buffer)
    case .embeddings: vectors.write(model: model, promptTokens: answer.promptTokens, into: &buffer)
    case .responses: ResponsesSurface.body(self, into: &buffer)
    case .messages: MessagesSurface.body(self, into: &buffer)
    case .ollamaChat, .ollamaGenerate: OllamaSurface.body(self, into: &buffer)
    case .gemini: GeminiSurface.body(self, into: &buffer)
    case .countTokens, .ollamaEmbed, .infer: buffer.writeString(document)
    }
  }

  /// The events before the first piece.
  func writeOpening(into buffer: inout ByteBuffer) {
    switch surface {
    case .chat: ChatSurface.opening(self, into: &buffer)
    case .responses: ResponsesSurface.opening(self, into: &buffer)
    case .messages: MessagesSurface.opening(self, into: &buffer)
    case .completions, .embeddings, .countTokens, .ollamaChat, .ollamaGenerate, .ollamaEmbed, .gemini, .infer:
      break
    }
  }

  /// The events that carry piece `index`, one per choice.
  func writePiece(_ index: Int, into buffer: inout ByteBuffer) {
    switch surface {
    case .chat: ChatSurface.piece(index, self, into: &buffer)
    case .completions: CompletionsSurface.piece(index, self, into: &buffer)
    case .responses: ResponsesSurface.piece(index, self, into: &buffer)
    case .messages: MessagesSurface.piece(index, self, into: &buffer)
    case .ollamaChat, .ollamaGenerate: OllamaSurface.piece(index, self, into: &buffer)
    case .gemini: GeminiSurface.piece(index, self, into: &buffer)
    case .embeddings, .countTokens, .ollamaEmbed, .infer: break
    }
  }

  /// The events after the last piece.
  func writeClosing(into buffer: inout ByteBuffer) {
    switch surface {
    case .chat: ChatSurface.closing(self, into: &buffer)
    case .completions: CompletionsSurface.closing(self, into: &buffer)
    case .responses: ResponsesSurface.closing(self, into: &buffer)
    case .messages: MessagesSurface.closing(self, into: &buffer)
    case .ollamaChat, .ollamaGenerate: OllamaSurface.closing(self, into: &buffer)
    case .gemini: GeminiSurface.closing(self, into: &buffer)
    case .embeddings, .countTokens, .ollamaEmbed, .infer: break
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
    if answer.cachedTokens > 0 {
      buffer.writeString(",\"prompt_tokens_details\":{\"cached_tokens\":\(answer.cachedTokens)}")
    }
    if answer.thinking > 0 {
      let thinking = answer.thinking * answer.choices
      buffer.writeString(",\"completion_tokens_details\":{\"reasoning_tokens\":\(thinking)}")
    }
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
