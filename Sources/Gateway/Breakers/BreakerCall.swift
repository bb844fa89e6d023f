import Policy
import Upstream

/// What an attempt tells its endpoint's breaker: once that it answers, where it is a probe, and once how it ended.
struct BreakerCall {
  enum Kind {
    /// Counted, unless panic let it through.
    case call(LocalBreaker.Stamp)
    case probe(id: String, generation: Int64, BreakerView.Keeper, LocalBreaker.Stamp)
  }

  let site: BreakerSite
  let bar: CredentialBar
  let caller: UInt64
  let link: BreakerLink
  private let stamp: LocalBreaker.Stamp
  private var probe: (id: String, generation: Int64, keeper: BreakerView.Keeper)?
  private var firstContentAt: Int64?
  /// It tries a credential that was refused.
  private var isTrial: Bool

  init(
    _ kind: Kind, at site: BreakerSite, _ bar: CredentialBar, isTrial: Bool = false, caller: UInt64,
    _ link: BreakerLink
  ) {
    self.isTrial = isTrial
    (self.site, self.bar, self.caller, self.link) = (site, bar, caller, link)
    switch kind {
    case .call(let stamp): self.stamp = stamp
    case .probe(let id, let generation, let keeper, let stamp):
      self.stamp = stamp
      probe = (id, generation, keeper)
    }
  }

  /// The first content came (algorithms §2, ruling 4). `took` is in nanoseconds.
  mutating func answers(after took: Int64, isStream: Bool) {
    guard firstContentAt == nil else { return }
    firstContentAt = took
    if isSlow(took, isStream) { settleBadly() } else { settle(.ok) }
  }

  mutating func ended(_ verdict: Classification, _ head: UpstreamHead, after took: Int64, isStream: Bool) {
    let now = link.now
    tried(verdict.effect, now)
    switch verdict.effect {
    // One that another was sooner than may have been late enough to be slow all the same.
    case .none where verdict.isOutpaced && isSlow(firstContentAt ?? took, isStream):
      site.succeeded(stamp, caller: caller, isSlow: true, now: now)
      settleBadly()
    case .none: settle(.ignore)
    case .ok:
      let isSlow = isSlow(firstContentAt ?? took, isStream)
      site.succeeded(stamp, caller: caller, isSlow: isSlow, now: now)
      if isSlow { settleBadly() } else { settle(.ok) }
    case .answerFailed: failed(.answerFailed(cell: BreakerCounts.cell(ofHash: caller)), now)
    case .transportFailed(let isConnect): failed(.transportFailed(isConnect: isConnect), now)
    case .cooldown: coolDown(head, now)
    case .credential:
      if bar.set(now: now) { link.tellBarred(site, status: head.status) }
      settle(.ignore)
    }
  }

  /// It never starts.
  mutating func abandon() {
    tried(.none, link.now)
    settle(.ignore)
  }

  private mutating func tried(_ effect: Classification.Effect, _ now: Int64) {
    guard isTrial else { return }
    isTrial = false
    switch effect {
    case .credential: break
    case .ok: bar.clear()
    default: bar.giveBack(now: now)
    }
  }

  private func isSlow(_ took: Int64, _ isStream: Bool) -> Bool {
    let limit = isStream ? site.slowness.stream : site.slowness.plain
    return limit.map { took > $0 } ?? false
  }

  private mutating func failed(_ outcome: LocalBreaker.Outcome, _ now: Int64) {
    if site.failed(stamp, outcome, caller: caller, now: now) { link.report(site) }
    if case .transportFailed = outcome { settle(.fail) } else { settleBadly() }
  }

  /// It was answered, and badly or late.
  private mutating func settleBadly() {
    guard let probe else { return }
    let generation = probe.keeper == .own ? stamp.own : probe.generation
    settle(site.blame(probe.keeper, generation, caller: caller, now: link.now))
  }

  private mutating func coolDown(_ head: UpstreamHead, _ now: Int64) {
    let length = site.coolDown(
      stamp, status: head.status, head.cooldown, jitter: link.jitter(100),
      wallClock: link.wallClock(), now: now)
    guard let length else { return settle(.ignore) }
    link.report(site)
    settle(.cooldown(length))
  }

  private mutating func settle(_ outcome: BreakerProbe.Outcome) {
    guard let probe = probe.take() else { return }
    site.count(outcome)
    switch probe.keeper {
    case .own: site.probed(probe.id, stamp, outcome, now: link.now)
    case .shared:
      link.settle(BreakerProbe(id: probe.id, generation: probe.generation, outcome: outcome), of: site)
    }
  }
}
