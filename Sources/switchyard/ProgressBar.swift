import Glibc

/// How far a long command is, on standard error: one line that changes in a terminal, else a line now and then where it is wanted.
struct ProgressBar {
  private let total: Int?
  private let isTerminal: Bool
  private let isShown: Bool
  private let began = ContinuousClock.now
  private var shown = ContinuousClock.now
  private static let width = 30

  /// `total`: bytes, nil where nobody knows.
  init(of total: Int?, isForced: Bool) {
    self.total = total
    isTerminal = isatty(STDERR_FILENO) == 1
    isShown = isTerminal || isForced
  }

  mutating func show(bytes: Int, lines: Int) {
    let now = ContinuousClock.now
    guard isShown, now - shown >= .milliseconds(isTerminal ? 100 : 1_000) || bytes == total else { return }
    shown = now
    let seconds = max(0.001, (now - began) / .seconds(1))
    var text = "\(lines) lines, \(Int(Double(lines) / seconds)) a second"
    if let total, total > 0 {
      let done = min(Self.width, bytes * Self.width / total)
      let bar = String(repeating: "#", count: done) + String(repeating: ".", count: Self.width - done)
      text = "[\(bar)] \(min(100, bytes * 100 / total)) %  \(text)"
    }
    StandardError.put(isTerminal ? "\r\(text)\u{1b}[K" : "\(text)\n")
  }

  /// Takes the line away.
  func end() {
    if isTerminal { StandardError.put("\r\u{1b}[K") }
  }
}
