/// Puts back into an answer what placeholders stand for, wherever the answer was cut: within a placeholder, an event or a byte sequence.
///
/// Of a stream whole events are taken in; a text that ends in what may be the beginning of a placeholder is held back until the
/// next event of its kind goes on with it, and sent in an event of its own where none does. A plain answer is taken in whole. One that is
/// too large, or such an event, is passed on with its placeholders. Confined to a loop.
package final class AnswerRestorer {
  /// Bytes of a plain answer, or of an event, that are restored.
  private static let most = 4 << 20

  /// The end of a text, and the event around it: what the client still has to be sent.
  private struct Held {
    var kind: String
    var tail: [UInt8]
    var before: [UInt8]
    var after: [UInt8]
  }

  private let texts: TextRestorer
  private let isEvents: Bool
  private var pending: [UInt8] = []
  /// So many bytes of it hold no end of an event.
  private var searched = 0
  private var isPassing = false
  private var held: [Held] = []

  package init(_ placeholders: Placeholders, isEvents: Bool) {
    texts = TextRestorer(placeholders: placeholders)
    self.isEvents = isEvents
  }

  /// Takes a piece of the answer, and hands out what may be sent.
  package func feed(_ bytes: UnsafeRawBufferPointer, _ out: (UnsafeRawBufferPointer) -> Void) {
    if isPassing { return out(bytes) }
    pending += bytes
    if isEvents { takeEvents(out) }
    guard pending.count > Self.most else { return }
    // In pieces again: nothing of it was changed.
    flush(out)
    passOn(pending, out)
    pending = []
    searched = 0
    isPassing = !isEvents
  }

  /// The answer has ended: hands out all that is left.
  package func finish(_ out: (UnsafeRawBufferPointer) -> Void) {
    if isEvents {
      flush(out)
      passOn(pending, out)
    } else {
      passOn(restored(pending), out)
    }
    pending = []
  }

  private func passOn(_ bytes: [UInt8], _ out: (UnsafeRawBufferPointer) -> Void) {
    if !bytes.isEmpty { bytes.withUnsafeBytes { out($0) } }
  }

  // MARK: Plain answers

  private func restored(_ answer: [UInt8]) -> [UInt8] {
    answer.withUnsafeBytes { text in
      var (result, copied, strings, key) = ([UInt8](), 0, JSONStrings(text), [UInt8]())
      while let item = strings.next() {
        if item.isKey {
          key = Array(text[item.content])
          continue
        }
        result += text[copied..<item.content.lowerBound]
        result +=
          texts.restored(Array(text[item.content]), isNested: EventTexts.isNested(key), mayGoOn: false).text
        copied = item.content.upperBound
      }
      return result + text[copied...]
    }
  }

  // MARK: Events

  private func takeEvents(_ out: (UnsafeRawBufferPointer) -> Void) {
    var start = 0
    while let end = endOfEvent() {
      take(Array(pending[start..<end]), out)
      (start, searched) = (end, end)
    }
    guard start > 0 else { return }
    pending.removeFirst(start)
    searched -= start
  }

  /// Behind the next blank line.
  private func endOfEvent() -> Int? {
    var at = searched
    while at + 1 < pending.count {
      if pending[at] == 0x0a {
        if pending[at + 1] == 0x0a { return at + 2 }
        if pending[at + 1] == 0x0d, at + 2 == pending.count { break }
        if pending[at + 1] == 0x0d, pending[at + 2] == 0x0a { return at + 3 }
      }
      at += 1
    }
    searched = at
    return nil
  }

  private func take(_ event: [UInt8], _ out: (UnsafeRawBufferPointer) -> Void) {
    guard let found = EventTexts(event) else {
      // `[DONE]`, or something between two pieces of a text, such as a comment.
      if String(decoding: event, as: UTF8.self).contains("[DONE]") { flush(out) }
      return passOn(event, out)
    }
    var (result, copied, later) = ([UInt8](), 0, [Held]())
    for (index, text) in found.texts.enumerated() {
      let former = text.isDelta ? take(heldOf: text.kind) : []
      let whole = former + event[text.content]
      let (restored, tail) = texts.restored(
        whole, isNested: text.isNested, mayGoOn: text.isDelta && !found.isLast)
      result += event[copied..<text.content.lowerBound]
      result += restored
      copied = text.content.upperBound
      if !tail.isEmpty {
        let (before, after) = found.around(index, in: event)
        later.append(Held(kind: text.kind, tail: tail, before: before, after: after))
      }
    }
    if found.isLast { flush(out) }
    passOn(result + event[copied...], out)
    held += later
  }

  private func take(heldOf kind: String) -> [UInt8] {
    guard let index = held.firstIndex(where: { $0.kind == kind }) else { return [] }
    return held.remove(at: index).tail
  }

  /// Nothing goes on with what was held back: it was no placeholder.
  private func flush(_ out: (UnsafeRawBufferPointer) -> Void) {
    for item in held { passOn(item.before + item.tail + item.after, out) }
    held = []
  }
}
