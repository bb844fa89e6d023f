"""What choosing costs: the same exchange with one endpoint to go to, ten and a hundred."""
from . import gateways, load, window

#: Microseconds of CPU that an exchange may cost more than with one endpoint.
BOUNDS = {"ten": 2, "hundred": 4}


def measure(bench):
    # One address with many credentials: as many endpoints over the same connections, so that nothing but the choice differs.
    measured = [
        gateways.switchyard(
            bench.bin, bench.work, bench.upstream_port, name=name, keys=[f"sk-upstream-{number}" for number in range(count)])
        for name, count in (("one", 1), ("ten", 10), ("hundred", 100))]
    try:
        taken = window.rounds(
            bench.loadgen, measured, bench.upstream, lambda gateway: [load.chat(gateway.model)], bench.rounds, bench.seconds,
            connections=bench.connections)
        return _figures(bench, measured, taken)
    finally:
        for gateway in reversed(measured):
            gateway.end()


def _figures(bench, measured, taken):
    counted = window.counted(taken, bench.rounds)
    figures = {}
    for gateway in measured:
        windows = [round_[gateway.name] for round_ in taken]
        each = sorted(round_[gateway.name]["cpu_us"] - round_["one"]["cpu_us"] for round_ in counted)
        figures[gateway.name] = {
            "rps": window.median_of(counted, gateway.name, lambda w: w["rps"]),
            "cpu_us": window.median_of(counted, gateway.name, lambda w: w["cpu_us"]),
            "added_cpu_us": each[len(each) // 2],
            "p50": window.median_of(counted, gateway.name, lambda w: w["latency"]["p50"]),
            "p99": window.median_of(counted, gateway.name, lambda w: w["latency"]["p99"]),
            "lost": sum(w["non2xx"] + w["broken"] for w in windows),
            "rounds": f"{sum(map(window.is_quiet, taken))}/{len(taken)}"}
    return figures
