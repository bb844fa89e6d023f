import Glibc
import NIOConcurrencyHelpers

/// The two ends of a pipe, closed at the latest when it goes.
package final class Descriptors: Sendable {
  package struct Failed: Error {}

  package let input: CInt
  private let output: CInt
  private let isOpen = NIOLockedValueBox((input: true, output: true))

  package init() throws {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Failed() }
    (output, input) = (ends[0], ends[1])
  }

  deinit {
    closeInput()
    closeOutput()
  }

  package func closeInput() {
    isOpen.withLockedValue { open in
      if open.input { close(input) }
      open.input = false
    }
  }

  package func closeOutput() {
    isOpen.withLockedValue { open in
      if open.output { close(output) }
      open.output = false
    }
  }

  /// Blocks until the input is closed.
  package func readToEnd() -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(output, &chunk, chunk.count)
      guard count > 0 else { return bytes }
      bytes.append(contentsOf: chunk.prefix(count))
    }
  }
}
