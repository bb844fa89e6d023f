import Testing

@testable import Policy

struct StreamRecordingTests {
  private func recording(_ chunks: [(Int64, String)]) -> StreamRecording {
    var recording = StreamRecording()
    for (offset, text) in chunks { recording.append(text.utf8, at: offset) }
    return recording
  }

  @Test func itCanBeRead() {
    let recording = recording([(412, "data: 1\n\n"), (418, "data: 2\n\n")])
    #expect(
      String(decoding: recording.encoded, as: UTF8.self)
        == "events 1\n412 9\ndata: 1\n\n\n418 9\ndata: 2\n\n\n")
  }

  @Test func whatWasRecordedComesBack() throws {
    for seed in 0..<500 as Range<UInt64> {
      var chance = Chance(seed: seed)
      var recording = StreamRecording()
      var expected: [(Int64, [UInt8])] = []
      var offset: Int64 = 0
      for _ in 0..<chance.below(20) {
        offset += Int64(chance.below(100))
        let bytes = (0..<(1 + chance.below(40))).map { _ in
          [0x0a, 0x20, 0x31, 0, 0xff][chance.below(5)] as UInt8
        }
        recording.append(bytes, at: offset)
        expected.append((offset, bytes))
      }
      let chunks = try #require(StreamRecording.chunks(of: recording.encoded))
      #expect(
        chunks.map(\.offset) == expected.map(\.0) && chunks.map { Array($0.bytes) } == expected.map(\.1))
    }
  }

  @Test func timeNeverGoesBackAndEmptyChunksLeaveNoTrace() throws {
    let chunks = try #require(
      StreamRecording.chunks(of: recording([(5, "a"), (3, "b"), (7, ""), (-1, "c")]).encoded))
    #expect(chunks.map(\.offset) == [5, 5, 5])
  }

  /// What is cut off inside a chunk is noticed; how many chunks there were, the stored size tells.
  @Test func aPartOfAChunkIsNone() {
    let whole = recording([(1, "abc"), (20, "de")]).encoded
    let ends = [9, 17]
    for count in 0..<whole.count where !ends.contains(count) {
      #expect(StreamRecording.chunks(of: Array(whole.prefix(count))) == nil, "\(count)")
    }
  }

  @Test(arguments: [
    "", "events 2\n", "events 1\n5 3\nabcd\n", "events 1\n5 0\n\n", "events 1\n-5 3\nabc\n",
    "events 1\n5  3\nabc\n",
    "events 1\n5 3\nabc", "events 1\n5 9999999999999999\nabc\n", "events 1\n5 999999999999999\nabc\n",
    "events 1\n9 1\na\n8 1\nb\n", "events 1\nx", "events 1\n 3\nabc\n",
  ])
  func whatIsNotSoundIsNone(_ text: String) {
    #expect(StreamRecording.chunks(of: Array(text.utf8)) == nil)
  }

  @Test func pausesAreThoseOfTheStreamButCapped() throws {
    let chunks = try #require(
      StreamRecording.chunks(of: recording([(400, "a"), (403, "b"), (500, "c")]).encoded))
    #expect(StreamRecording.pauses(of: chunks, cap: 10) == [0, 3, 10])
    #expect(StreamRecording.pauses(of: [], cap: 10).isEmpty)
  }
}
