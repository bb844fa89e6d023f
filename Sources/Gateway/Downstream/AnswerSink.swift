import Dialects
import NIOCore
import Policy

/// Writes one answer, piece by piece, to one connection: frames it, and turns a bad end into something that the client can't
/// mistake for a good one.
///
/// Pieces are gathered and written once per `flush`, in one chunk, however many there were.
final class AnswerSink {
  private let connection: Connection
  private let framing: HTTP1ResponseWriter.Framing
  private let keepsAlive: Bool
  private let isEvents: Bool
  private let surface: Surface
  private let omitsBody: Bool
  /// Nil where nothing of the request was masked.
  private let restorer: AnswerRestorer?
  private var out: ByteBuffer
  private var chunk: HTTP1ResponseWriter.OpenChunk?
  private(set) var bytesOut = 0

  /// `head` is written with the first piece.
  init(
    connection: Connection, head: ByteBuffer, framing: HTTP1ResponseWriter.Framing, keepsAlive: Bool,
    isEvents: Bool,
    surface: Surface, omitsBody: Bool = false, restorer: AnswerRestorer? = nil
  ) {
    self.connection = connection
    self.framing = framing
    self.keepsAlive = keepsAlive
    self.isEvents = isEvents
    self.surface = surface
    self.omitsBody = omitsBody
    self.restorer = restorer
    out = head
  }

  var isWritable: Bool { connection.isWritable }

  func write(_ bytes: UnsafeRawBufferPointer) {
    guard let restorer else { return put(bytes) }
    restorer.feed(bytes) { put($0) }
  }

  private func put(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty, !omitsBody else { return }
    if framing == .chunked, chunk == nil { chunk = HTTP1ResponseWriter.beginChunk(in: &out) }
    out.writeBytes(bytes)
    bytesOut += bytes.count
  }

  func write(_ bytes: ByteBufferView) { bytes.withUnsafeBytes { write($0) } }

  /// Writes what was gathered.
  func flush() {
    closeChunk()
    if let bytes = takeOut() { connection.write(bytes) }
  }

  /// What was gathered, taken out before it is written: a write may make the connection writable again, and so come back here.
  private func takeOut() -> ByteBuffer? {
    guard out.readableBytes > 0 else { return nil }
    defer { out = ByteBuffer() }
    return out
  }

  private func closeChunk() {
    if let chunk { HTTP1ResponseWriter.end(chunk, in: &out) }
    chunk = nil
  }

  /// The answer has ended: whole, or `broken`. A stream that broke ends in an error event; any other answer that broke, in a cut
  /// connection.
  func end(broken: Classification?, tailWasReleased: Bool) {
    restorer?.finish { put($0) }
    guard broken == nil || isEvents else {
      flush()
      return connection.abort()
    }
    if let broken { writeErrorEvent(broken, tailWasReleased: tailWasReleased) }
    closeChunk()
    if framing == .chunked, !omitsBody { HTTP1ResponseWriter.lastChunk(into: &out) }
    if let bytes = takeOut() { connection.write(bytes) }
    connection.answerEnded(keepAlive: keepsAlive && framing != .untilClose)
  }

  private static let endOfEvent = ByteBuffer(string: "\n\n").readableBytesView

  /// In the dialect of the client.
  private func writeErrorEvent(_ verdict: Classification, tailWasReleased: Bool) {
    if tailWasReleased { Self.endOfEvent.withUnsafeBytes { put($0) } }
    let error = ExchangeError(verdict, stop: nil)
    error.body.event(for: surface, status: error.status).withUnsafeBytes { put($0) }
  }
}
