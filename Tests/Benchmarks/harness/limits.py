"""What shared state costs: the same exchange with less and less of it."""
from . import gateways, load, proc, window

#: Of the same exchange without Redis; of Redis' CPU time for one exchange, in microseconds.
BOUND, REDIS_BOUND = 1.35, 40

#: So large that nothing is ever refused: what is measured is asking. Those of RATES can be leased, those of FOUR are asked for each time.
FOUR = "[ { requests: 60M, per: minute }, { tokens: 6000M, per: minute, by: key }, { dollars: 1000000, per: day }, { concurrent: 10000 } ]"
RATES = (
    "[ { requests: 60M, per: minute }, { tokens: 6000M, per: minute }, { input_tokens: 6000M, per: minute },"
    " { output_tokens: 6000M, per: minute } ]")

#: The rows that have Redis, and each one's exchange without it.
SHARED = {"leased": "rates", "shared": "four", "cached": "stored", "both": "all"}

#: Each request of a row with a cache is a miss: more than are asked for while an answer is kept.
CACHE, BODIES = "cache: { ttl: 100ms, stale_while_revalidate: 0s, stale_if_error: 0s }", 20_000


def measure(bench):
    redis = gateways.redis(bench.work)
    own = next(gateway for gateway in bench.gateways if gateway.name == "switchyard")
    state = f'state: {{ redis: "{redis.url}" }}'

    def pair(alone, shared, limits, cache=""):
        return [
            gateways.switchyard(bench.bin, bench.work, bench.upstream_port, name=name, limits=limits, state=f"{where}\n{cache}")
            for name, where in ((alone, ""), (shared, state))]

    measured = [
        own, *pair("rates", "leased", RATES), *pair("four", "shared", FOUR), *pair("stored", "cached", RATES, CACHE),
        *pair("all", "both", FOUR, CACHE)]
    different = [load.chat(own.model, user=f"{number}: {load.USER}", temperature=0) for number in range(BODIES)]

    def bodies(gateway):
        return different if gateway.name in ("stored", "cached", "all", "both") else [load.chat(gateway.model)]

    try:
        taken = window.rounds(
            bench.loadgen, measured, Beside(bench.upstream, redis), bodies, bench.rounds, bench.seconds,
            connections=bench.connections, beside=lambda: proc.cpu(redis.pids()))
        figures = _figures(bench, measured, taken)
    finally:
        for gateway in reversed([redis, *measured[1:]]):
            gateway.end()
    return figures


class Beside:
    """The upstream, and a Redis whose time is no noise either."""

    def __init__(self, upstream, redis):
        self.pid, self.pids = upstream.pid, lambda: upstream.pids() + redis.pids()


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
            "redis_us": window.median_of(counted, gateway.name, lambda w: 1e6 * w["beside"] / max(1, w["ok"])),
            "x_alone_cpu_us": window.ratio(counted, gateway.name, SHARED.get(gateway.name), lambda w: w["cpu_us"]),
            "answered": sum(w["ok"] for w in windows), "lost": sum(w["non2xx"] + w["broken"] for w in windows),
            "rounds": f"{sum(map(window.is_quiet, taken))}/{len(taken)}"}
    return figures
