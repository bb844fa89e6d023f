import Coordination
import Logging
import NIOConcurrencyHelpers
import Testing

@testable import Gateway

struct StateLogTests {
  /// Keeps what is logged.
  private struct Kept: LogHandler {
    let lines: NIOLockedValueBox<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      lines.withLockedValue { $0.append("\(event.message) \(event.metadata?["note"] ?? "")") }
    }
  }

  private static func log() -> (StateLog, NIOLockedValueBox<[String]>) {
    let lines = NIOLockedValueBox<[String]>([])
    return (StateLog(Logger(label: "test") { _ in Kept(lines: lines) }, "127.0.0.1:6379"), lines)
  }

  @Test func goingAndComingIsTold() {
    let (log, lines) = Self.log()
    for _ in 0..<3 { log.take(.away(.timeout)) }
    for _ in 0..<3 { log.take(.back) }
    #expect(lines.withLockedValue { $0.count } == 2, "however many workers notice")
  }

  @Test func aRedisThatComesAndGoesIsToldOfAFewTimes() throws {
    let (log, lines) = Self.log()
    for _ in 0..<50 {
      log.take(.away(.timeout))
      log.take(.back)
    }
    #expect(lines.withLockedValue { $0.count } == 6)
    #expect(
      try #require(lines.withLockedValue { $0.last }).contains("switchyard_redis_mode"),
      "and says where to look")
  }

  @Test func aForeignValueIsToldOnce() {
    let (log, lines) = Self.log()
    for _ in 0..<5 { log.take(.foreignValue("WRONGTYPE")) }
    log.take(.foreignValue("BADVALUE sy:{t:a}:rl"))
    #expect(lines.withLockedValue { $0.count } == 2)
  }
}
