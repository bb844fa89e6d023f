/// How many look-ups each client address has left this second.
///
/// Bounded: addresses beyond the table share one allowance, so that many addresses are no way around it.
struct LookupBudget: Sendable {
  private struct Window: Sendable {
    var starts: Int64
    var count = 0
  }

  private static let second: Int64 = 1_000
  /// Allowances that all addresses beyond the table share.
  private static let crowd = 16

  private let perSecond: Int
  private let most: Int
  private var windows: [UInt64: Window] = [:]
  private var overflow = Window(starts: .min)
  private var swept = Int64.min

  init(perSecond: Int, addresses: Int) {
    self.perSecond = perSecond
    most = addresses
  }

  /// Takes a look-up; returns 0, or the milliseconds until there is one again.
  mutating func take(_ address: UInt64, now: Int64) -> Int64 {
    if windows[address] == nil, windows.count >= most { sweep(now) }
    if windows[address] != nil || windows.count < most {
      return Self.take(&windows[address, default: Window(starts: now)], perSecond, now)
    }
    return Self.take(&overflow, perSecond * Self.crowd, now)
  }

  var count: Int { windows.count }

  private static func take(_ window: inout Window, _ limit: Int, _ now: Int64) -> Int64 {
    if window.starts <= now - second { window = Window(starts: now) }
    guard window.count < limit else { return max(1, window.starts + second - now) }
    window.count += 1
    return 0
  }

  /// Forgets windows that are over, at most ten times a second.
  private mutating func sweep(_ now: Int64) {
    guard swept <= now - Self.second / 10 else { return }
    swept = now
    windows = windows.filter { $0.value.starts > now - Self.second }
  }
}
