"""What limits cost: the same exchange without, with four limits in the replica's own store, and with four in Redis."""
from . import gateways, load, proc, window

#: Of the exchange without limits; of Redis' CPU time for one exchange, in microseconds.
BOUND, REDIS_BOUND = 1.35, 40

#: So large that nothing is ever refused: what is measured is asking.
FOUR = "[ { requests: 60M, per: minute }, { tokens: 6000M, per: minute, by: key }, { dollars: 1000000, per: day }, { concurrent: 10000 } ]"


def measure(bench):
    redis = gateways.redis(bench.work)
    own = next(gateway for gateway in bench.gateways if gateway.name == "switchyard")
    embedded = gateways.switchyard(bench.bin, bench.work, bench.upstream_port, name="embedded", limits=FOUR)
    shared = gateways.switchyard(
        bench.bin, bench.work, bench.upstream_port, name="shared", limits=FOUR, state=f'state: {{ redis: "{redis.url}" }}')
    measured = [own, embedded, shared]
    try:
        before = proc.cpu(redis.pids())
        taken = window.rounds(
            bench.loadgen, measured, bench.upstream, lambda gateway: [load.chat(gateway.model)], bench.rounds,
            bench.seconds, connections=bench.connections)
        spent = proc.cpu(redis.pids()) - before
        figures = _figures(bench, measured, taken)
        figures["shared"]["redis_us"] = 1e6 * spent / max(1, figures["shared"]["answered"])
        decisions = shared.gauges().get("switchyard_ratelimit_decisions_total", 0)
        figures["shared"]["decisions"] = decisions
    finally:
        for gateway in (shared, embedded, redis):
            gateway.end()
    return figures


def _figures(bench, measured, taken):
    counted = window.counted(taken, bench.rounds)
    figures = {}
    for gateway in measured:
        windows = [round_[gateway.name] for round_ in taken]
        figures[gateway.name] = {
            "rps": window.median_of(counted, gateway.name, lambda w: w["rps"]),
            "cpu_us": window.median_of(counted, gateway.name, lambda w: w["cpu_us"]),
            "x_own_cpu_us": window.ratio(counted, gateway.name, "switchyard", lambda w: w["cpu_us"]),
            "p50": window.median_of(counted, gateway.name, lambda w: w["latency"]["p50"]),
            "p99": window.median_of(counted, gateway.name, lambda w: w["latency"]["p99"]),
            "answered": sum(w["ok"] for w in windows), "lost": sum(w["non2xx"] + w["broken"] for w in windows),
            "rounds": f"{sum(map(window.is_quiet, taken))}/{len(taken)}"}
    return figures
