/// Goes once over a prompt's bytes and hands out a hash of each word, of each two words in a row and of words' first three and five
/// letters, without allocating.
///
/// Letters of ASCII are taken in lower case, all digits for 0. Chinese, Japanese and Korean signs are a word each; other letters that
/// are not ASCII belong to the word they stand in. What is no UTF-8 is hashed all the same.
struct NgramScanner {
  /// Of a prompt longer than twice this, only as much of its beginning and its end is looked at: there stands what is asked for, and
  /// the time that a prompt takes has a bound.
  static let edge = 8 << 10

  private var shape = PromptShape()
  /// Of the word before; a prompt's first word comes after this one.
  private var previous = Self.start
  private static let start: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Reads `text` and calls `take` with the hash of each n-gram, in the order in which they end. `length`: the bytes of all of it, where
  /// what is between the edges of a longer one may be missing.
  @inline(__always)
  static func pass(
    over text: UnsafeRawBufferPointer, length: Int, _ take: (UInt64) -> Void
  ) -> PromptShape {
    precondition(text.count >= min(length, 2 * edge), "less than the edges")
    var scanner = NgramScanner()
    if length <= 2 * edge {
      scanner.read(text, take)
    } else {
      scanner.read(UnsafeRawBufferPointer(rebasing: text[..<edge]), take)
      scanner.previous = start
      scanner.read(UnsafeRawBufferPointer(rebasing: text[(text.count - edge)...]), take)
    }
    scanner.shape.bytes = length
    return scanner.shape
  }

  /// A word as far as it was read.
  private struct Word {
    var hash: UInt64 = 0
    var length = 0
    var three: UInt64 = 0
    var five: UInt64 = 0

    @inline(__always)
    mutating func append(_ byte: UInt8) {
      hash = (hash &<< 9 | hash &>> 55) &+ UInt64(byte)
      length &+= 1
      if length == 3 { three = hash } else if length == 5 { five = hash }
    }
  }

  @inline(__always)
  private mutating func read(_ text: UnsafeRawBufferPointer, _ take: (UInt64) -> Void) {
    shape.seen &+= text.count
    var word = Word()
    var at = 0
    while at < text.count {
      let byte = text[at]
      at &+= 1
      if (byte | 0x20) &- UInt8(ascii: "a") < 26 {
        word.append(byte | 0x20)
      } else if byte &- UInt8(ascii: "0") < 10 {
        shape.digits &+= 1
        word.append(UInt8(ascii: "0"))
      } else if byte < 0x80 {
        end(&word, take)
        shape.take(byte)
      } else {
        shape.wide &+= 1
        switch byte {
        case 0xE3...0xED:  // Chinese, Japanese, Korean
          end(&word, take)
          let stop = min(at &+ 2, text.count)
          shape.wide &+= stop &- at
          word.append(byte)
          while at < stop {
            word.append(text[at])
            at &+= 1
          }
          end(&word, take)
        case 0xC2:  // « » ¿ ¡
          end(&word, take)
          at &+= 1
        case 0xE2, 0xEF:  // quotes, dashes, punctuation of full width
          end(&word, take)
          at &+= 2
        case 0xF0...:  // emoji
          end(&word, take)
          at &+= 3
        default: word.append(byte)
        }
      }
    }
    end(&word, take)
  }

  @inline(__always)
  private mutating func end(_ word: inout Word, _ take: (UInt64) -> Void) {
    guard word.length > 0 else { return }
    let whole = word.hash.mixed
    take(whole)
    take((previous &* 31 &+ whole).mixed)
    shape.grams &+= 2
    if word.length > 3 {
      take((word.three ^ 0x3333_0000_0000_0000).mixed)
      shape.grams &+= 1
    }
    if word.length > 5 {
      take((word.five ^ 0x5555_0000_0000_0000).mixed)
      shape.grams &+= 1
    }
    shape.words &+= 1
    shape.letters &+= word.length
    previous = whole
    word = Word()
  }
}
