import Foundation
import Testing

@testable import Telemetry

@Suite struct TimestampTests {
  @Test func stampsAgreeWithFoundation() {
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    var timestamp = Timestamp()
    // About every 17 days from 1583 to 2600, at odd times of the day.
    for step in Int64(-8_300)..<13_500 {
      let milliseconds = step * 1_468_800_000 + (step & 1023) * 83_777
      let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000 + 0.000_1)
      #expect(Self.text(milliseconds, &timestamp) == date.formatted(style))
    }
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
    (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    (4_107_542_399_999, "2100-02-28T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
  ])
  func edgesAreRight(milliseconds: Int64, text: String) {
    var timestamp = Timestamp()
    #expect(Self.text(milliseconds, &timestamp) == text)
  }

  @Test func theKeptSecondIsReplacedWhenItPasses() {
    var timestamp = Timestamp()
    #expect(Self.text(59_999, &timestamp) == "1970-01-01T00:00:59.999Z")
    #expect(Self.text(59_001, &timestamp) == "1970-01-01T00:00:59.001Z")
    #expect(Self.text(60_000, &timestamp) == "1970-01-01T00:01:00.000Z")
  }

  private static func text(_ milliseconds: Int64, _ timestamp: inout Timestamp) -> String {
    var memory = [UInt8](repeating: 0, count: Timestamp.length)
    memory.withUnsafeMutableBufferPointer { memory in
      var writer = JSONWriter(memory)
      timestamp.write(milliseconds, to: &writer)
    }
    return String(decoding: memory, as: UTF8.self)
  }
}
