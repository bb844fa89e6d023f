/// Keeps a tenant from being most of what a version is judged by: of an arm's requests, a fifth at most are one tenant's; where there are
/// fewer than five tenants, an equal part.
package struct EvidenceShare: Equatable, Sendable {
  /// Milliseconds over which shares are counted.
  package static let window: Int64 = 60_000
  /// Tenants that are counted by name; further ones share one count.
  static let most = 1_000

  private struct Counts: Equatable, Sendable {
    var all = 0
    var byTenant: [String: Int] = [:]
  }

  private var began: Int64
  private var baseline = Counts()
  private var canary = Counts()
  /// Tenants that were seen, in this window and the one before it.
  private var seen: Set<String> = []
  private var before = 0

  package init(now: Int64) { began = now }

  /// Whether a tenant's request is evidence; counts it, if it is.
  package mutating func admits(_ tenant: String, _ arm: EvidenceArm, now: Int64) -> Bool {
    if now - began >= Self.window || now < began { begin(now) }
    let name = seen.count < Self.most || seen.contains(tenant) ? tenant : ""
    seen.insert(name)
    let parts = min(5, max(1, seen.count, before))
    return arm != .baseline
      ? Self.admit(name, &canary, parts: parts) : Self.admit(name, &baseline, parts: parts)
  }

  private mutating func begin(_ now: Int64) {
    before = seen.count
    seen = []
    (began, baseline, canary) = (now, Counts(), Counts())
  }

  private static func admit(_ tenant: String, _ counts: inout Counts, parts: Int) -> Bool {
    let own = counts.byTenant[tenant] ?? 0
    guard own * parts <= counts.all else { return false }
    counts.byTenant[tenant] = own + 1
    counts.all += 1
    return true
  }
}
