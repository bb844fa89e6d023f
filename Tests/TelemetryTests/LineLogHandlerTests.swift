import Foundation
import Logging
import TestSupport
import Testing

@testable import Telemetry

@Suite struct LineLogHandlerTests {
  @Test func aRecordIsOneJSONObjectWithItsMetadataAsFields() throws {
    let line = try Self.written(.json) { logger in
      logger.warning(
        "endpoint \"down\"\n",
        metadata: [
          "endpoint": "eu\n1", "port": .stringConvertible(8080), "up": .stringConvertible(false),
          "msg": "mine",
          "tags": ["a", "b"], "more": ["k": "v"],
        ])
    }
    let fields = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(line.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
    #expect(fields["level"] as? String == "warning" && fields["logger"] as? String == "test")
    #expect(fields["msg"] as? String == "endpoint \"down\"\n" && fields["msg_"] as? String == "mine")
    #expect(fields["endpoint"] as? String == "eu\n1" && fields["port"] as? Int == 8080)
    #expect(fields["up"] as? Bool == false && fields["tags"] as? [String] == ["a", "b"])
    #expect(fields["more"] as? [String: String] == ["k": "v"] && fields["replica"] as? String == "r1")
  }

  @Test func textStaysOnOneLine() throws {
    let line = try Self.written(.text) { $0.info("two\nlines", metadata: ["b": "two words", "a": "x=\n"]) }
    #expect(line.hasSuffix(" INFO test: \"two\\nlines\" a=\"x=\\n\" b=\"two words\" replica=r1\n"))
  }

  @Test func whatIsBelowTheLevelIsNotWritten() throws {
    #expect(try Self.written(.text) { $0.debug("hidden") }.isEmpty)
  }

  @Test func aLogThatNobodyReadsDoesNotBlock() throws {
    let pipe = try Descriptors()
    let handler = LineLogHandler(label: "test", level: .info, format: .json, descriptor: pipe.input)
    let logger = Logger(label: "test") { _ in handler }
    for _ in 0..<2_000 { logger.info("filling", metadata: ["a": "0123456789012345678901234567890123456789"]) }
    pipe.closeInput()
    #expect(!pipe.readToEnd().isEmpty)
  }

  private static func written(_ format: LineLogHandler.Format, _ body: (Logger) -> Void) throws -> String {
    let pipe = try Descriptors()
    var handler = LineLogHandler(label: "test", level: .info, format: format, descriptor: pipe.input)
    handler[metadataKey: "replica"] = "r1"
    body(Logger(label: "test") { _ in handler })
    pipe.closeInput()
    return String(decoding: pipe.readToEnd(), as: UTF8.self)
  }
}
