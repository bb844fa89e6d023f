"""Bugs that one could make in what decides: each is a small change of the text, and tests that have to notice it."""

from dataclasses import dataclass

POLICY, GATEWAY, COORDINATION = "Sources/Policy/", "Sources/Gateway/", "Sources/Coordination/"


@dataclass(frozen=True)
class Bug:
    name: str
    file: str
    #: Has to be there exactly once.
    text: str
    #: What stands there instead. `PLANTED` is whether this bug is the one under test, so that all of them are built at once.
    planted: str
    #: Filters of `swift test`, those first that should know.
    tests: str


BUGS = [
    Bug("a bucket's wait is rounded down", POLICY + "Limits/Bucket.swift",
        "dividend <= 0 ? 0 : (dividend - 1) / divisor + 1",
        "dividend <= 0 ? 0 : PLANTED ? dividend / divisor : (dividend - 1) / divisor + 1",
        "LimitSimulationTests|LimitTwinTests|BucketTests"),
    Bug("a refused admission is charged", POLICY + "Limits/LimitStore.swift",
        "if let refusal = refusal(of: admission.charges, now) { return refusal }",
        "if let refusal = refusal(of: admission.charges, now) {\n"
        "      if PLANTED { for one in admission.charges { _ = take(one, for: admission.id, lifetime: 1, now) } }\n"
        "      return refusal\n    }",
        "LimitSimulationTests|LimitTwinTests|LimitStoreTests"),
    Bug("what one slot took is not given back where another refuses", COORDINATION + "State/Limiter+Settling.swift",
        "for part in parts { settle(part, .nothing, .nothing) }",
        "for part in parts where !PLANTED { settle(part, .nothing, .nothing) }",
        "LimiterTests"),
    Bug("a reservation can be settled twice", POLICY + "Limits/LimitStore.swift",
        "    entries[settling.reservation] = nil\n", "    if !PLANTED { entries[settling.reservation] = nil }\n",
        "LimitSimulationTests|LimitTwinTests|LimitStoreTests"),
    Bug("a lease's stock is spent twice", POLICY + "Limits/Lease.swift",
        "accounts[place].stock += account.asked - account.kept",
        "accounts[place].stock += account.asked - (PLANTED ? 0 : account.kept)",
        "LeaseTests|LeaseSimulationTests"),
    Bug("reports of another generation count", POLICY + "Breakers/BreakerMachine.swift",
        "guard report.generation == state.generation, state.phase == .closed else {",
        "guard PLANTED || report.generation == state.generation, state.phase == .closed else {",
        "BreakerSimulationTests|BreakerTwinTests"),
    Bug("a generation may be the same again", POLICY + "Breakers/BreakerState.swift",
        "generation = max(generation + 1, now)", "generation = max(generation + (PLANTED ? 0 : 1), now)",
        "BreakerSimulationTests|BreakerTwinTests"),
    Bug("permits aren't counted", POLICY + "Breakers/BreakerMachine.swift",
        "    state.issued += 1\n", "    state.issued += PLANTED ? 0 : 1\n",
        "BreakerSimulationTests|BreakerTwinTests"),
    Bug("a permit is given anew once its probe has ended", POLICY + "Breakers/BreakerMachine.swift",
        "guard ended[id] == nil, state.coolLeft", "guard PLANTED || ended[id] == nil, state.coolLeft",
        "BreakerSimulationTests|BreakerTwinTests"),
    Bug("a permit that is given back stays given", POLICY + "Breakers/BreakerMachine.swift",
        "case .ignore, .cooldown: state.issued -= 1", "case .ignore, .cooldown: state.issued -= PLANTED ? 0 : 1",
        "BreakerSimulationTests|BreakerTwinTests"),
    Bug("a lost probe is never missed", POLICY + "Breakers/BreakerMachine.swift",
        "case .half where state.left(now) == 0 && hasLost(settings, now):",
        "case .half where !PLANTED && state.left(now) == 0 && hasLost(settings, now):",
        "BreakerSimulationTests|BreakerTwinTests"),
    Bug("a cooldown shortens another", POLICY + "Breakers/BreakerMachine.swift",
        "guard time > state.coolLeft(now) else { return }",
        "guard time > (PLANTED ? 0 : state.coolLeft(now)) else { return }",
        "BreakerSimulationTests|BreakerTwinTests"),
    Bug("one caller's failures open a breaker", POLICY + "Breakers/BreakerCounts.swift",
        "othersDoWell ? 0 : unhappy[0].bad", "othersDoWell && !PLANTED ? 0 : unhappy[0].bad",
        "BreakerSimulationTests|BreakerTwinTests|BreakerCountsTests"),
    Bug("a panic probes nothing", POLICY + "Breakers/PoolUse.swift",
        "        return isPanic ? .askFirst(keeper, weight: weight) : .ask(keeper, weight: weight)",
        "        if PLANTED, isPanic { return .open(weight: weight) }\n"
        "        return isPanic ? .askFirst(keeper, weight: weight) : .ask(keeper, weight: weight)",
        "BreakerSimulationTests|PoolUseTests"),
    Bug("a permit that news has overtaken is used", GATEWAY + "Breakers/BreakerSite.swift",
        "return !state.breaker.isOver(generation)", "return PLANTED || !state.breaker.isOver(generation)",
        "BreakerSimulationTests|BreakerSiteTests"),
    Bug("missed messages are never made up for", GATEWAY + "Breakers/BreakerLink.swift",
        "if isAvailable, site.isReadDue(", "if isAvailable, !PLANTED, site.isReadDue(",
        "BreakerSimulationTests"),
    Bug("retries aren't counted", GATEWAY + "Exchange/RetryLedger.swift",
        "    retries.add(at: second)\n", "    if !PLANTED { retries.add(at: second) }\n",
        "BreakerSimulationTests|RetryLedgerTests"),
    Bug("one caller makes an outlier", POLICY + "Breakers/OutlierPass.swift",
        "if cells.count > 1, let most", "if !PLANTED, cells.count > 1, let most",
        "OutlierPassTests"),
    Bug("a tie goes to the first", POLICY + "Balancing/Balancer.swift",
        "let isChosen = Self.falls(options[place].weight, of: ties, &random)",
        "let isChosen = !PLANTED && Self.falls(options[place].weight, of: ties, &random)",
        "BalancerTests|BalanceSimulationTests"),
    Bug("a replica counts its own load twice", GATEWAY + "Balancing/ClusterLoads.swift",
        "in reply.entries where name != replica.name && entry", "in reply.entries where (PLANTED || name != replica.name) && entry",
        "ClusterLoadsTests"),
    Bug("a dead replica's load stays", POLICY + "Balancing/LoadStore.swift",
        "now - at < LoadStore.current && at - now <= LoadStore.tolerance",
        "(PLANTED || now - at < LoadStore.current) && at - now <= LoadStore.tolerance",
        "LoadSimulationTests|LoadStoreTests"),
    Bug("anybody may end a flight", POLICY + "Cache/CacheStore.swift",
        "flight.holder.owner == owner else { return false }\n    switch",
        "PLANTED || flight.holder.owner == owner else { return false }\n    switch",
        "CacheSimulationTests|CacheTwinTests"),
    Bug("a partial answer is stored", POLICY + "Cache/CacheOffer.swift",
        "if !offer.isWhole || offer.sawError {", "if !offer.isWhole && !PLANTED || offer.sawError {",
        "CacheOfferTests"),
    Bug("an answer can be judged again", POLICY + "Feedback/FeedbackStore.swift",
        "guard words.count == 2, words[0] == mark.call, let reply", "guard words.count == 2, PLANTED || words[0] == mark.call, let reply",
        "FeedbackStoreTests|FeedbackTwinTests"),
    Bug("anybody's key opens a ticket", COORDINATION + "Feedback/FeedbackSecret.swift",
        "var bytes = Array(holder.utf8)", "var bytes = Array((PLANTED ? \"\" : holder).utf8)",
        "FeedbackSecretTests"),
    Bug("a session has a value for each exchange", POLICY + "Experiments/ExperimentStore.swift",
        "+= old == nil ? 1 : 0", "+= PLANTED || old == nil ? 1 : 0",
        "ExperimentStoreTests|ExperimentTwinTests"),
    Bug("experiments of a layer overlap", GATEWAY + "Experiments/ExperimentTable.swift",
        "entry.arms.arm(hash: unit, from: entry.plan.offset)", "entry.arms.arm(hash: unit, from: PLANTED ? 0 : entry.plan.offset)",
        "ExperimentTableTests"),
]
