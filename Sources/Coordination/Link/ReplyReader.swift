import CHiredis

/// Reads replies out of bytes as they come: hiredis' reader, which does no I/O.
///
/// What a reply declares is bounded before memory is taken for it; a reply beyond that, or bytes that are none, end the connection.
final class ReplyReader {
  enum Failure: Error, Equatable {
    /// These bytes are no reply of Redis, or one beyond the limits.
    case malformed(String)
  }

  /// Elements of one list.
  static let maximumElements = 1 << 20
  /// Bytes that wait for their reply to be whole.
  static let maximumPending = 64 << 20

  private let reader: UnsafeMutablePointer<redisReader>

  init() {
    guard let reader = redisReaderCreateWithFunctions(&functions) else { fatalError("out of memory") }
    reader.pointee.maxbuf = 64 << 10  // what is kept for the next replies
    self.reader = reader
  }

  deinit { redisReaderFree(reader) }

  func feed(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    guard reader.pointee.len - reader.pointee.pos + bytes.count <= Self.maximumPending else {
      throw .malformed("a reply beyond \(Self.maximumPending) bytes")
    }
    let status = redisReaderFeed(reader, base.assumingMemoryBound(to: CChar.self), bytes.count)
    if status != REDIS_OK { throw failure }
  }

  /// The next reply that is whole.
  func next() throws(Failure) -> Reply? {
    var object: UnsafeMutableRawPointer?
    guard redisReaderGetReply(reader, &object) == REDIS_OK else { throw failure }
    return object.map { Unmanaged<ReplyNode>.fromOpaque($0).takeRetainedValue().reply }
  }

  private var failure: Failure {
    .malformed(
      withUnsafeBytes(of: reader.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
  }
}

/// A reply, or a part of one, while hiredis builds it. The root belongs to hiredis until it is handed over; the rest, to its list.
private final class ReplyNode {
  private var leaf: Reply
  private var children: [ReplyNode]?

  init(_ leaf: Reply) { self.leaf = leaf }

  init(elements: Int) {
    leaf = .none
    children = []
    children?.reserveCapacity(min(elements, 1_024))
  }

  var reply: Reply { children.map { .list($0.map(\.reply)) } ?? leaf }

  /// The one place that makes hiredis' `void *` of a node: retained where it is a root, else kept by its list.
  func handOver(_ task: UnsafePointer<redisReadTask>?) -> UnsafeMutableRawPointer {
    guard let parent = task?.pointee.parent?.pointee.obj else {
      return Unmanaged.passRetained(self).toOpaque()
    }
    Unmanaged<ReplyNode>.fromOpaque(parent).takeUnretainedValue().children?.append(self)
    return Unmanaged.passUnretained(self).toOpaque()
  }
}

/// hiredis calls these for each part of a reply, in order.
// nonisolated(unsafe): written once, here; hiredis only reads it.
nonisolated(unsafe) private var functions = redisReplyObjectFunctions(
  createString: { task, text, count in
    let bytes = [UInt8](UnsafeRawBufferPointer(start: text, count: count))
    let isError = task?.pointee.type == REDIS_REPLY_ERROR
    return ReplyNode(isError ? .error(RedisError(String(decoding: bytes, as: UTF8.self))) : .bytes(bytes))
      .handOver(task)
  },
  createArray: { task, count in
    guard count <= ReplyReader.maximumElements else { return nil }  // hiredis takes it for a lack of memory
    return ReplyNode(elements: Int(count)).handOver(task)
  },
  createInteger: { task, number in ReplyNode(.number(number)).handOver(task) },
  createNil: { task in ReplyNode(.none).handOver(task) },
  freeObject: { object in if let object { Unmanaged<ReplyNode>.fromOpaque(object).release() } })
