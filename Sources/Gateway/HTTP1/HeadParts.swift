/// What the lines of a head say: the places of its parts and the conclusions drawn. The bytes are elsewhere.
struct HeadParts: Sendable {
  /// Where some bytes are, from the first byte of the head.
  struct Place: Sendable {
    let start: UInt32
    let count: UInt32

    /// A head is at most 16 MiB long (`HTTP1Limits`).
    @inline(__always)
    init(_ start: Int, _ end: Int) {
      self.start = UInt32(truncatingIfNeeded: start)
      count = UInt32(truncatingIfNeeded: end &- start)
    }

    @inline(__always)
    func bytes(in all: ByteRun) -> ByteRun {
      precondition(Int(start) &+ Int(count) <= all.count, "a place lies outside of its head")
      return all.part(Int(start), Int(start) &+ Int(count))
    }
  }

  struct Field: Sendable {
    let name: Place
    let value: Place
    let known: HeaderName
  }

  /// What is needed while the head is read, and not afterwards.
  struct Framing: Sendable {
    var hosts: UInt8 = 0
    var isChunked = false
    var close = false
    var keepAlive = false
    var length: Int?
    /// Of a target in absolute form.
    var authority: Place?
  }

  var method: HTTPMethod = .other
  var minorVersion: UInt8 = 1
  var keepAlive = true
  var expectsContinue = false
  var methodName = Place(0, 0)
  var target = Place(0, 0)
  var path = Place(0, 0)
  /// It never starts at 0, unless there is none.
  var query = Place(0, 0)
  /// One bit for each `HeaderName` that is there.
  var known: UInt64 = 0
  /// Bytes of the body, or -1 if it comes in chunks.
  private var length = 0
  var fields: [Field] = []

  @inline(__always)
  var body: RequestHead.BodyLength {
    get { length == 0 ? .none : length > 0 ? .length(length) : .chunked }
    set {
      switch newValue {
      case .none: length = 0
      case .length(let count): length = max(count, 0)
      case .chunked: length = -1
      }
    }
  }
}
