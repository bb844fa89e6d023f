import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Telemetry

@Suite struct AccessLogTests {
  private static let nasty = [
    "", "plain", "quote \" slash \\ / done", "\u{0}\u{1}\u{1F}\u{7F}\n\r\t\u{8}\u{C}", "exactly8",
    "längeres Wort ß",
    "日本語のテキスト", "👩‍👩‍👧‍👦 family", "1234567\"", "12345678\\9", "\u{2028}\u{FFFF}", "ends with \u{10FFFF}",
  ]

  @Test(arguments: nasty)
  func everyTextComesBackFromTheLine(text: String) throws {
    var record = Self.record(requestID: text)
    record.model = text
    record.errorType = text
    let fields = try Self.parse(Self.line(record))
    #expect(fields["request_id"] as? String == text)
    #expect(fields["model"] as? String == text)
    #expect(fields["error_type"] as? String == text)
  }

  @Test func everyByteAtEveryPlaceIsEscapedAsFoundationReadsIt() throws {
    for byte in UInt8(0)...127 {
      for place in 0..<17 {
        var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 17)
        bytes[place] = byte
        #expect(try Self.string(bytes) == String(decoding: bytes, as: UTF8.self))
      }
    }
  }

  @Test(
    arguments: [
      [0xFF], [0x61, 0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
      [0x80, 0x62],
      [0xF0, 0x9F, 0x91, 0x22],
    ] as [[UInt8]])
  func invalidUTF8StillGivesAString(bytes: [UInt8]) throws {
    let text = try Self.string(bytes)
    #expect(text.contains("\u{FFFD}"))
    #expect(text.filter { $0 != "\u{FFFD}" } == String(decoding: bytes.filter { $0 < 0x80 }, as: UTF8.self))
  }

  @Test func whatIsNilIsAbsentAndTheRestIsThere() throws {
    var record = Self.record()
    record.outputTokens = -9_223_372_036_854_775_808
    record.costMicrodollars = 9_223_372_036_854_775_807
    record.isStream = true
    let fields = try Self.parse(Self.line(record))
    #expect(fields["model"] == nil && fields["input_tokens"] == nil && fields["error_source"] == nil)
    #expect(fields["output_tokens"] as? Int64 == .min && fields["cost_microdollars"] as? Int64 == .max)
    #expect(fields["stream"] as? Bool == true && fields["fallback"] as? Bool == false)
    #expect(fields["ts"] as? String == "2026-01-31T09:08:07.123Z")
  }

  @Test func longTextsAreCutBetweenCodePointsAndTheLineKeepsItsBound() throws {
    var record = Self.record(requestID: "a" + String(repeating: "é", count: 400))
    let worst = String(repeating: "\u{1}", count: 1_000)
    (record.client, record.method, record.path) = (worst, worst, worst)
    (record.model, record.deployment, record.provider, record.endpoint) = (worst, worst, worst, worst)
    (record.tenant, record.keyID, record.errorType) = (worst, worst, worst)
    (record.upstreamRequestID, record.finishReason, record.rule) = (worst, worst, worst)
    let line = Self.line(record)
    #expect(line.count <= AccessLogRecord.maximumLine)
    let fields = try Self.parse(line)
    #expect(fields["request_id"] as? String == "a" + String(repeating: "é", count: 127))
  }

  @Test func nothingIsLostOnClose() async throws {
    let pipe = try Descriptors()
    let writer = AccessLogWriter(descriptor: pipe.input)
    await withTaskGroup { group in
      for worker in 0..<3 {
        group.addTask {
          let log = AccessLog(writer: writer)
          for number in 0..<2_000 { log.append(Self.record(requestID: "\(worker)-\(number)")) }
          log.flush()
        }
      }
    }
    // The pipe is full, so most lines still wait when the writer is told to close.
    async let closing: Void = writer.close(grace: .seconds(60))
    let reader = Task.detached { pipe.readToEnd() }
    await closing
    pipe.closeInput()
    let lines = await reader.value.split(separator: UInt8(ascii: "\n"))
    let identifiers = try lines.map { try Self.parse(Array($0))["request_id"] as? String }
    #expect(identifiers.count == 6_000 && Set(identifiers).count == 6_000)
    #expect(writer.dropped == 0)
  }

  @Test(arguments: [false, true])
  func aReaderThatNeverReadsCostsLinesAndNothingElse(isNonBlocking: Bool) async throws {
    let pipe = try Descriptors()
    if isNonBlocking { _ = fcntl(pipe.input, F_SETFL, O_NONBLOCK) }
    let writer = AccessLogWriter(descriptor: pipe.input, maximumQueued: 200_000)
    let log = AccessLog(writer: writer)
    for number in 0..<5_000 { log.append(Self.record(requestID: "\(number)")) }
    log.flush()
    #expect(writer.dropped > 0)
    await writer.close(grace: .zero)
    pipe.closeInput()
    let written = pipe.readToEnd().count { $0 == UInt8(ascii: "\n") }
    // A buffer that was cut short counts as lost, though some of its lines arrived.
    #expect(written > 0 && written + writer.dropped >= 5_000 && writer.dropped <= 5_000)
  }

  @Test func aReaderThatWentAwayCountsAsDropped() async throws {
    let pipe = try Descriptors()
    pipe.closeOutput()
    let writer = AccessLogWriter(descriptor: pipe.input)
    let log = AccessLog(writer: writer)
    for _ in 0..<10 { log.append(Self.record()) }
    log.flush()
    await writer.close()
    #expect(writer.dropped == 10)
  }

  @Test func linesAfterCloseAreCounted() async throws {
    let pipe = try Descriptors()
    let writer = AccessLogWriter(descriptor: pipe.input)
    let log = AccessLog(writer: writer)
    await writer.close()
    log.append(Self.record())
    log.flush()
    #expect(writer.dropped == 1)
  }
}

extension AccessLogTests {
  private static func record(requestID: String = "r1") -> AccessLogRecord {
    AccessLogRecord(
      wallMilliseconds: 1_769_850_487_123, requestID: requestID, client: "127.0.0.1", method: "POST",
      path: "/v1/chat/completions", status: 200)
  }

  private static func line(_ record: borrowing AccessLogRecord) -> [UInt8] {
    var timestamp = Timestamp()
    return [UInt8](unsafeUninitializedCapacity: AccessLogRecord.maximumLine) { memory, count in
      var writer = JSONWriter(memory)
      record.write(to: &writer, &timestamp)
      count = writer.count
    }
  }

  private static func parse(_ line: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
  }

  /// What Foundation reads from the JSON string that is written for these bytes, in memory of exactly its
  /// bound.
  private static func string(_ bytes: [UInt8]) throws -> String {
    let bound = JSONWriter.bound(ofString: bytes.count)
    let json = [UInt8](unsafeUninitializedCapacity: bound) { memory, count in
      var writer = JSONWriter(UnsafeMutableBufferPointer(rebasing: memory[..<bound]))
      bytes.withUnsafeBufferPointer { writer.string($0) }
      count = writer.count
    }
    return try JSONDecoder().decode(String.self, from: Data(json))
  }
}
