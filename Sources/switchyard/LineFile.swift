import Glibc

/// The lines of a file or of standard input, some at a time. Confined to one task.
final class LineFile {
  /// Bytes; nil where nobody knows.
  let size: Int?
  /// Bytes of the lines that were handed out.
  private(set) var taken = 0

  private let path: String
  private let descriptor: Int32
  private var rest: [UInt8] = []
  private var piece = [UInt8](repeating: 0, count: 1 << 20)
  private var isOver = false

  /// Bytes that are handed out at a time, or a little more.
  private static let least = 1 << 20
  /// Bytes of a line: no configuration allows a larger body by default.
  private static let longest = 64 << 20

  init(_ path: String) throws(CommandState.Failure) {
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY)
    guard descriptor >= 0 else {
      throw CommandState.Failure(description: "\(path): \(String(cString: strerror(errno)))")
    }
    var status = stat()
    let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    (self.path, self.descriptor, size) = (path, descriptor, isFile ? Int(status.st_size) : nil)
  }

  deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

  /// Whole lines; nil at the end. The last line may lack its end.
  func next() throws(CommandState.Failure) -> [UInt8]? {
    guard !isOver else { return nil }
    var chunk = rest
    rest = []
    while true {
      let room = piece.count
      let count = read(descriptor, &piece, room)
      guard count >= 0 else {
        if errno == EINTR { continue }
        throw CommandState.Failure(description: "\(path): \(String(cString: strerror(errno)))")
      }
      isOver = count == 0
      chunk += piece[..<count]
      if isOver {
        taken += chunk.count
        return chunk.isEmpty ? nil : chunk
      }
      guard chunk.count >= Self.least else { continue }
      if let end = chunk.lastIndex(of: UInt8(ascii: "\n")) {
        rest = Array(chunk[(end + 1)...])
        chunk.removeSubrange((end + 1)...)
        taken += chunk.count
        return chunk
      }
      guard chunk.count <= Self.longest else {
        throw CommandState.Failure(description: "\(path): a line is longer than \(Self.longest) bytes")
      }
    }
  }
}
