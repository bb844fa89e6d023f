/// What one HTTP/1.1 request may cost before it is refused. All sizes are bytes.
package struct HTTP1Limits: Sendable, Equatable {
  /// Longest request target; beyond it 414.
  package var maxTarget: Int
  /// Longest head, from the first byte of the request line to the end of the empty line; beyond it 431.
  package var maxHead: Int
  /// Most header fields; beyond it 431.
  package var maxHeaders: Int
  /// Longest body, declared or summed over its chunks; beyond it 413.
  package var maxBody: Int

  package init(
    maxTarget: Int = 8 << 10, maxHead: Int = 32 << 10, maxHeaders: Int = 100, maxBody: Int = .max
  ) {
    precondition(maxTarget > 0 && maxHead > 0 && maxHead <= 1 << 24 && maxHeaders > 0 && maxBody >= 0)
    self.maxTarget = maxTarget
    self.maxHead = maxHead
    self.maxHeaders = maxHeaders
    self.maxBody = maxBody
  }
}
