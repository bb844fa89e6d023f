import Coordination
import Dialects
import Policy

/// Explains a request by what this worker knows: it reads, and changes nothing.
extension Worker {
  func explain(_ ask: ExplainAsk, at phase: String, of workers: Int) async throws(ExplainAsk.Refusal)
    -> Explanation
  {
    let snapshot = snapshot
    let head = try ask.head()
    let (principal, obstacle) = try await whom(ask, snapshot)
    let explainer = Explainer(
      snapshot: snapshot, principal: principal, head: head, path: ask.path,
      view: { [pools] in pools.view(ofModel: $0, in: snapshot) }, live: live(phase, workers))
    do throws(ExchangeError) {
      if let obstacle { throw obstacle }
      let request = try explainer.read(PaddedBytes(ask.body), peek, canonical)
      let stored = await isStored(request, snapshot)
      let limits = await outlook(of: explainer.groups(of: request))
      return explainer.explain(request, limits, stored: stored)
    } catch {
      return explainer.refusal(error)
    }
  }

  private func live(_ phase: String, _ workers: Int) -> Explainer.Live {
    Explainer.Live(
      seen: .init(
        phase: phase, workers: workers, sight: cluster.sight, age: replica.isAlone ? nil : cluster.age,
        isAlone: replica.isAlone, isStateAway: !replica.isAlone && !limiter.isShared),
      estimators: estimators, queue: queue, steering: { [limiter] in limiter.steering(of: $0) },
      now: StateClock.monotonicMilliseconds())
  }

  /// Whom the asker stands for, and why that one would be let in nowhere.
  private func whom(_ ask: ExplainAsk, _ snapshot: Snapshot) async throws(ExplainAsk.Refusal) -> (
    Principal, ExchangeError?
  ) {
    if let known = try snapshot.principal(of: ask) {
      let isRevoked = known.position.map { keys.isRevoked($0, in: snapshot) } ?? false
      return (known.principal, isRevoked ? .revokedKey : nil)
    }
    let name = ask.who.name
    guard let id = KeyID(name) else { throw .unknownKey(name) }
    let found: (entry: KeyEntry, now: Int64)
    do {
      found = try await keyManager.entry(name)
    } catch {
      throw .stateAway("\(error)")
    }
    guard case .record(let record) = found.entry else { throw .unknownKey(name) }
    let (terms, now) = (record.terms, KeyInstant(milliseconds: found.now))
    guard let principal = snapshot.authenticator.principal(of: id, terms, snapshot) else {
      return (
        Principal(tenant: terms.tenant, key: name, team: terms.team, tier: terms.tier, models: nil), .strayKey
      )
    }
    if record.revoked != nil { return (principal, .revokedKey) }
    return (principal, terms.expires.map { $0 <= now } ?? false ? .expiredKey : nil)
  }

  private func outlook(of groups: [LimitGroup]) async -> LimitOutlook {
    await withUnsafeContinuation { continuation in
      limiter.outlook(of: groups, limitReader) { continuation.resume(returning: $0) }
    }
  }

  /// Whether the cache has an answer that would serve; nil where nobody knows.
  private func isStored(_ request: Explainer.Request, _ snapshot: Snapshot) async -> Bool? {
    guard let rules = snapshot.cache, case .at(let keys, _) = request.place, cache.isAvailable else {
      return nil
    }
    var random = random
    return await withUnsafeContinuation { continuation in
      cache.get(keys, claiming: nil) { lookup in
        guard let answer = lookup?.answer, let now = lookup?.now else {
          return continuation.resume(returning: lookup.map { _ in false })
        }
        let freshness = Freshness(of: answer, now: now, request.directives, rules.policy, &random)
        let serves = if case .serve = freshness { true } else { false }
        continuation.resume(returning: serves)
      }
      cache.flush()
    }
  }
}
