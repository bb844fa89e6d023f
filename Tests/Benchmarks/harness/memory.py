"""Memory per open stream, by slope, and what is left after many were opened and closed."""
import contextlib, json, resource, select, subprocess, time

from . import load, proc
from .processes import LOAD_CORES, Failure, start, stop, until

#: KiB of resident memory that an open stream may take.
BOUND_KIB = 40
#: A stream that says its first word and then waits; longer than any of these loads.
WAITING = "tokens=3,per_token=10m"


def rss(bench):
    """For each gateway: KiB per open stream, and memory and descriptors after each round of open and close."""
    few, many = bench.streams
    many = min(many, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 500) // 2)
    return {gateway.name: _slope(bench, gateway, few, many) | _rounds(bench, gateway, bench.round_streams)
            for gateway in bench.gateways}


def _slope(bench, gateway, few, many):
    with contextlib.ExitStack() as stack:
        idle = proc.rss(gateway.pids())
        first = stack.enter_context(held(bench, gateway, few))
        low = _settled(gateway)
        more = stack.enter_context(held(bench, gateway, many - few))
        high = _settled(gateway)
    opened = first + more
    return {
        "idle_kib": idle, "streams": opened, "few_kib": low, "many_kib": high,
        "kib_per_stream": (high - low) / max(1, more), "missing": many - opened}


def _settled(gateway):
    time.sleep(1)
    return proc.rss(gateway.pids())


def _rounds(bench, gateway, streams):
    """Opens and closes `streams` streams, again and again; waits for the descriptors to come back each time."""
    with held(bench, gateway, streams):
        pass
    _drained(gateway, None)
    start_fds, rows = proc.descriptors(gateway.pids()), []
    for _ in range(bench.open_rounds):
        with held(bench, gateway, streams) as opened:
            pass
        drained = _drained(gateway, start_fds)
        rows.append({
            "opened": opened, "rss_kib": proc.rss(gateway.pids()), "fds": proc.descriptors(gateway.pids()),
            "drained_s": drained, "gauges": _leaks(gateway)})
    warm = rows[(len(rows) - 1) // 2]
    return {
        "rounds": rows, "start_fds": start_fds, "fds_grown": rows[-1]["fds"] - start_fds,
        "rss_grown_kib": rows[-1]["rss_kib"] - warm["rss_kib"], "after_kib": rows[-1]["rss_kib"]}


def _drained(gateway, target):
    """Seconds until the descriptors are back, or until they have stood still for two seconds."""
    begin, last, still = time.monotonic(), None, time.monotonic()
    while time.monotonic() - begin < 20:
        count = proc.descriptors(gateway.pids())
        if target is not None and count <= target:
            break
        if count != last:
            last, still = count, time.monotonic()
        if time.monotonic() - still > 2:
            break
        time.sleep(0.1)
    return round(time.monotonic() - begin, 1)


LEAKS = ["exchanges_active", "transfers_active", "permits_outstanding", "buffered_bytes", "connections_open"]


def _leaks(gateway):
    gauges = gateway.gauges()
    return {name: gauges[f"switchyard_{name}"] for name in LEAKS if f"switchyard_{name}" in gauges}


@contextlib.contextmanager
def held(bench, gateway, count, bound=120):
    """Holds `count` open streams; yields how many are really open. Ends them all."""
    body = load.chat(gateway.model, True, WAITING)
    command = bench.loadgen.command(gateway, [body], bound, hold=count, rate=bench.open_rate)
    process = start(
        command, LOAD_CORES, f"{bench.work}/loadgen.log", output=subprocess.PIPE, stdin=subprocess.PIPE)
    try:
        until(lambda: select.select([process.stdout], [], [], 0)[0], 60, f"{gateway.name}: streams do not open", process)
        line = process.stdout.readline()
        if not line:
            raise Failure(f"{gateway.name}: loadgen ended, see {bench.work}/loadgen.log")
        yield json.loads(line)["open"]
        process.stdin.close()
        process.wait(10)
    finally:
        stop(process)
        process.stdout.close()
