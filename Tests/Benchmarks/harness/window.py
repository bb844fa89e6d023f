"""A window: one load on one gateway, with what it cost and what else the machine did meanwhile."""
import contextlib, fcntl, os, statistics, tempfile, time

from . import proc
from .processes import realtime

#: A window is quiet if unrelated processes took at most so much of a core.
QUIET = 0.25


@contextlib.contextmanager
def turn():
    """Benchmarks on one machine take turns by a lock; a waiting one goes ahead after ten minutes all the same."""
    path = os.environ.get("BENCH_LOCK", os.path.join(tempfile.gettempdir(), "bench.lock"))
    with open(path, "a") as lock:
        for _ in range(6000):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(0.1)
        yield


def measure(loadgen, gateway, upstream, bodies, seconds, gentle=False, beside=lambda: 0, **how):
    """loadgen's result with `cpu_us` per answer, `core`, `other` and `stolen` as shares of a core, and `rss` in KiB.

    `gentle` loads go before the neighbours, so that these do not show as latency. What `beside` grew by is told too.
    """
    with turn(), realtime(gateway.pids() + upstream.pids() if gentle else []):
        gateway_pids = gateway.pids()
        upstream_pids = [] if gateway.pid == upstream.pid else upstream.pids()
        before = (proc.cpu(gateway_pids), proc.cpu(upstream_pids), os.times(), proc.machine(), time.monotonic())
        start = beside()
        result = loadgen.run(gateway, bodies, seconds, realtime=gentle, **how)
        took, own, (busy, stolen) = time.monotonic() - before[4], os.times(), proc.machine()
        result["beside"] = beside() - start
    cost = proc.cpu(gateway_pids) - before[0]
    ours = sum(own[:4]) - sum(before[2][:4]) + cost + proc.cpu(upstream_pids) - before[1]
    result["cpu_us"] = 1e6 * cost / max(1, result["ok"] + result["non2xx"])
    result["core"] = cost / took
    result["other"] = max(0.0, (busy - before[3][0] - ours) / took)
    result["stolen"] = (stolen - before[3][1]) / took
    result["rss"] = proc.rss(gateway_pids)
    return result


def rounds(loadgen, gateways, upstream, bodies_of, count, seconds, warm=0.5, limit=2, **how):
    """Windows in turn (A B A B …), `count` quiet rounds, or in all `limit` times as many rounds of any kind.

    Returns a list of rounds, each a dictionary from the gateway's name to its window.
    """
    taken = []
    for gateway in gateways:
        loadgen.run(gateway, bodies_of(gateway), warm, **{k: v for k, v in how.items() if k in ("connections", "rate")})
    while len(taken) < count * limit:
        taken.append({
            gateway.name: measure(loadgen, gateway, upstream, bodies_of(gateway), seconds, **how)
            for gateway in gateways})
        if sum(map(is_quiet, taken)) >= count:
            break
    return taken


def is_quiet(round_):
    return all(window["other"] <= QUIET for window in round_.values())


def counted(taken, count):
    """The quiet rounds; if they are too few, the `count` quietest."""
    quiet = [round_ for round_ in taken if is_quiet(round_)]
    if len(quiet) >= count:
        return quiet
    return sorted(taken, key=lambda round_: max(window["other"] for window in round_.values()))[:count]


def median_of(taken, name, pick):
    return statistics.median(pick(round_[name]) for round_ in taken)


def ratio(taken, name, base, pick):
    """The median over rounds of one gateway's figure over the other's: what both suffer alike falls out."""
    pairs = [(pick(round_[name]), pick(round_[base])) for round_ in taken if base in round_]
    ratios = [mine / theirs for mine, theirs in pairs if theirs > 0]
    return statistics.median(ratios) if ratios else None
