import Dialects
import Policy

/// Peeks at a text with a parser of its own.
func peek(_ text: String, _ surface: Surface = .chatCompletions) throws(PeekError) -> PeekedRequest {
  try Peek().request(PaddedBytes(text.utf8), surface: surface)
}

/// The facts of a body that must be accepted.
func facts(_ text: String, _ surface: Surface = .chatCompletions) throws(PeekError) -> RequestFacts {
  try peek(text, surface).facts
}

/// The error of a body that must be refused; nil where it was accepted.
func refusal(_ text: String, _ surface: Surface = .chatCompletions) -> PeekError? {
  do {
    _ = try peek(text, surface)
    return nil
  } catch {
    return error
  }
}

/// A chat body with one message and `members` in front.
func chat(_ members: String) -> String {
  #"{\#(members)\#(members.isEmpty ? "" : ",")"messages":[{"role":"user","content":"hi"}]}"#
}

extension PaddedBytes {
  var array: [UInt8] { withUnsafeBytes { Array($0) } }
  var text: String { String(decoding: array, as: UTF8.self) }
}

/// SplitMix64: the same numbers for the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
