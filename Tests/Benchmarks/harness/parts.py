"""The parts of a benchmark: each measures all gateways in the same minutes and returns figures for report.py."""
from . import load, window

#: The most that Switchyard may cost, as a multiple of nginx's figure of the same run.
BOUNDS = {
    ("plain", "cpu_us"): 2.5, ("stream", "cpu_us"): 2.5, ("latency", "added_p50"): 1.3, ("pace", "added_first_p50"): 1.5,
}


def closed(bench, stream):
    """A closed loop at saturation: CPU per answer, answers per second."""
    directive = f"tokens={load.TWENTY_EVENTS}" if stream else None
    taken = window.rounds(
        bench.loadgen, bench.gateways, bench.upstream,
        lambda gateway: [load.chat(gateway.model, stream, directive)], bench.rounds, bench.seconds,
        connections=bench.connections)
    return _figures(bench, taken, {
        "rps": lambda w: w["rps"], "cpu_us": lambda w: w["cpu_us"], "p50": lambda w: w["latency"]["p50"],
        "p99": lambda w: w["latency"]["p99"], "core": lambda w: w["core"], "reads": lambda w: w["reads_per_answer"],
        "rss_mb": lambda w: w["rss"] / 1024})


def plain(bench):
    return closed(bench, stream=False)


def stream(bench):
    return closed(bench, stream=True)


def latency(bench):
    """What a gateway adds: percentiles of an open loop through it, less those of the same loop without it."""
    taken = window.rounds(
        bench.loadgen, [bench.upstream, *bench.gateways], bench.upstream,
        lambda gateway: [load.chat(gateway.model)], bench.rounds, bench.seconds * 2, gentle=True, connections=64,
        rate=bench.rate, keeps=True)
    figures = _figures(bench, taken, {"cpu_us": lambda w: w["cpu_us"]}, with_upstream=True)
    pooled = _pooled(bench, taken, "latency")
    for name, samples in pooled.items():
        figures[name]["n"] = len(samples)
        for label, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999)):
            figures[name][label] = load.percentile(samples, share)
            figures[name][f"added_{label}"] = figures[name][label] - load.percentile(pooled["direct"], share)
    return _against(figures, ["added_p50", "added_p99"])


def pace(bench):
    """Streams of 20 events, 10 ms apart: what is added to the first byte and to the gaps."""
    directive = f"tokens={load.TWENTY_EVENTS},per_token=10ms"
    taken = window.rounds(
        bench.loadgen, [bench.upstream, *bench.gateways], bench.upstream,
        lambda gateway: [load.chat(gateway.model, True, directive)], bench.rounds, bench.seconds * 2, gentle=True,
        connections=128, rate=bench.stream_rate, keeps=True)
    figures = _figures(
        bench, taken, {"cpu_us": lambda w: w["cpu_us"], "reads": lambda w: w["reads_per_answer"]}, with_upstream=True)
    for kind in ("first", "gap"):
        pooled = _pooled(bench, taken, kind)
        for name, samples in pooled.items():
            for label, share in (("p50", 0.5), ("p99", 0.99)):
                own = load.percentile(samples, share)
                figures[name][f"{kind}_{label}"] = own
                figures[name][f"added_{kind}_{label}"] = own - load.percentile(pooled["direct"], share)
    return _against(figures, ["added_first_p50", "added_first_p99"])


def _figures(bench, taken, picks, with_upstream=False):
    counted = window.counted(taken, bench.rounds)
    figures = {}
    for gateway in [bench.upstream] * with_upstream + bench.gateways:
        mine = {label: window.median_of(counted, gateway.name, pick) for label, pick in picks.items()}
        windows = [round_[gateway.name] for round_ in taken]
        mine |= {label: sum(w[label] for w in windows) for label in ("ok", "non2xx", "broken", "unanswered")}
        mine["other"] = max(round_[gateway.name]["other"] for round_ in counted)
        mine["stolen"] = max(round_[gateway.name]["stolen"] for round_ in counted)
        mine["rounds"] = f"{sum(map(window.is_quiet, taken))}/{len(taken)}"
        mine["own_cpu_us"] = window.median_of(counted, gateway.name, lambda w: w["own_cpu_us"])
        if gateway.name not in ("direct", "nginx"):
            mine["x_cpu_us"] = window.ratio(counted, gateway.name, "nginx", lambda w: w["cpu_us"])
        figures[gateway.name] = mine
    return figures


def _pooled(bench, taken, kind):
    """All samples of the rounds that count, so that a tail rests on as many as there are."""
    pooled = {}
    for round_ in window.counted(taken, bench.rounds):
        for name, result in round_.items():
            pooled.setdefault(name, []).extend(result["samples"][kind])
    return pooled


def _against(figures, labels):
    """Adds `x_LABEL`: the figure over nginx's of the same run."""
    for name, mine in figures.items():
        for label in labels if name not in ("direct", "nginx") else []:
            base = figures["nginx"][label]
            mine[f"x_{label}"] = mine[label] / base if base > 0 else None
    return figures
