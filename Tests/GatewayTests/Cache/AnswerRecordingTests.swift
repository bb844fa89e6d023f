import Policy
import Testing

@testable import Gateway

struct AnswerRecordingTests {
  private static func recording(_ pieces: [String], limit: Int = 1_000) -> AnswerRecording {
    let recording = AnswerRecording(limit: limit)
    for (number, piece) in pieces.enumerated() { recording.take(piece, at: Int64(number) * 10) }
    return recording
  }

  private static func read(_ recording: AnswerRecording, from first: Int, most: Int) -> (
    text: String, next: Int
  ) {
    var text = ""
    let (next, _) = recording.read(from: first, most: most) { text += String(decoding: $0, as: UTF8.self) }
    return (text, next)
  }

  @Test func aStreamIsStoredAsItCame() throws {
    let body = try #require(Self.recording(["one", "", "two"]).body(isEvents: true))
    let chunks = try #require(StreamRecording.chunks(of: body))
    #expect(chunks.map { String(decoding: $0.bytes, as: UTF8.self) } == ["one", "two"])
    #expect(chunks.map(\.offset) == [0, 20])
  }

  @Test func anAnswerIsLentAsItCameUnlessItIsTooLarge() {
    let stream = Self.recording(["one", "", "two"])
    #expect(stream.withBytes { String(decoding: $0, as: UTF8.self) } == "onetwo")
    #expect(Self.recording(["one", "two"], limit: 5).withBytes { $0.count } == nil)
  }

  @Test func aPlainAnswerIsStoredWithoutMarks() {
    let recording = AnswerRecording(limit: 10)
    for part in ["{", "}"] {
      Array(part.utf8).withUnsafeBytes { recording.take($0, isEvents: false, at: 0) }
    }
    #expect(recording.body(isEvents: false) == Array("{}".utf8))
  }

  @Test func whatIsTooLargeIsNeitherStoredNorKept() {
    let recording = Self.recording(["0123456789", "0123456789"], limit: 40)
    #expect(recording.isTooLarge && recording.body(isEvents: true) == nil && recording.count == 0)
    #expect(!Self.recording(["0123456789"], limit: 40).isTooLarge)
  }

  @Test func piecesAreReadWholeAndOneAtLeast() {
    let recording = Self.recording(["aaa", "bb", "cccc"])
    #expect(Self.read(recording, from: 0, most: 5) == ("aaabb", 2))
    #expect(Self.read(recording, from: 0, most: 4) == ("aaa", 1))
    #expect(Self.read(recording, from: 2, most: 1) == ("cccc", 3))
    #expect(recording.size(from: 0) == 9 && recording.size(from: 2) == 4 && recording.size(from: 3) == 0)
  }

  @Test func whatIsFollowedIsKeptBeyondTheLimitUntilItIsForgotten() {
    let recording = AnswerRecording(limit: 40)
    recording.isFollowed = true
    for number in 0..<8 { recording.take(String(repeating: "\(number)", count: 10)) }
    #expect(recording.isTooLarge && recording.body(isEvents: true) == nil)
    recording.forget(before: 3)
    #expect(recording.size(from: 0) == 80, "less than half: not worth moving the rest")
    recording.forget(before: 6)
    #expect(recording.count == 8 && recording.size(from: 6) == 20)
    recording.take("more")
    #expect(Self.read(recording, from: 7, most: 100) == ("7777777777more", 9))
    recording.forget(before: 9)
    #expect(recording.size(from: 9) == 0 && recording.isTooLarge)
  }

  @Test func itIsKnownWhichPieceEndsWithinAnEvent() {
    let recording = AnswerRecording(limit: 1_000)
    recording.noteEnd(isWithinEvent: true)
    recording.take("whole")
    recording.noteEnd(isWithinEvent: false)
    recording.take("half of one")
    recording.noteEnd(isWithinEvent: true)
    #expect(recording.read(from: 0, most: 5) { _ in }.isWithinEvent == false)
    #expect(recording.read(from: 0, most: 100) { _ in }.isWithinEvent == true)
  }
}

extension AnswerRecording {
  /// Takes events.
  func take(_ text: String, at offset: Int64 = 0) {
    var text = text
    text.withUTF8 { take(UnsafeRawBufferPointer($0), isEvents: true, at: offset) }
  }
}
