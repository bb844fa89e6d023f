import Glibc

/// A classifier's file on disk.
enum ModelFile {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Writes beside `path` first, so that whoever reads it sees the model of before or all of this one.
  static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
    let draft = path + ".new"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(draft) }
    let isWritten = writeAll(bytes, to: descriptor) && fsync(descriptor) == 0
    // What comes after may change errno.
    let flaw = failure(draft)
    close(descriptor)
    guard isWritten else {
      unlink(draft)
      throw flaw
    }
    guard rename(draft, path) == 0 else {
      let flaw = failure(path)
      unlink(draft)
      throw flaw
    }
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      written += count
    }
    return true
  }

  private static func failure(_ path: String) -> Failure {
    Failure(description: "\(path): \(String(cString: strerror(errno)))")
  }
}
