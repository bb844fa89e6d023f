"""Tables for people. Times in µs unless a heading says otherwise."""
from .limits import BOUND, REDIS_BOUND, SHARED
from .memory import BOUND_KIB
from .parts import BOUNDS
from .pool import BOUNDS as POOL_BOUNDS

COLUMNS = {
    "plain": ("closed loop, plain", [
        "rps", "cpu_us", "x_cpu_us", "p50", "p99", "core", "rss_mb"]),
    "stream": ("closed loop, streams of 20 events at once", [
        "rps", "cpu_us", "x_cpu_us", "p50", "p99", "core", "reads", "rss_mb"]),
    "latency": ("open loop, plain: latency, and what is added to direct", [
        "p50", "p99", "p999", "added_p50", "x_added_p50", "added_p99", "added_p999", "cpu_us", "n"]),
    "pace": ("open loop, streams of 20 events 10 ms apart", [
        "first_p50", "first_p99", "added_first_p50", "x_added_first_p50", "added_first_p99", "gap_p50", "added_gap_p50",
        "gap_p99", "cpu_us", "reads"]),
}
NOISE = ["other", "stolen", "rounds"]


def table(part, figures):
    title, columns = COLUMNS[part]
    rows = [["", *columns, *NOISE, "lost"]]
    for name, mine in figures.items():
        lost = mine["non2xx"] + mine["broken"] + (mine["unanswered"] if part in ("latency", "pace") else 0)
        rows.append([name, *(_cell(column, mine.get(column)) for column in columns + NOISE), str(lost)])
    print(f"\n== {part}: {title}")
    _print(rows)
    for (bound_part, label), bound in BOUNDS.items():
        ratio = figures.get("switchyard", {}).get(f"x_{label}")
        if bound_part == part and ratio is not None:
            print(f"   {label}: {ratio:.2f} x nginx's; the aim is at most {bound}: {'met' if ratio <= bound else 'MISSED'}")


def limits(figures):
    print("\n== limits: closed loop, plain; no limits; four that can be leased, in the replica's own store (rates) and in Redis (leased);"
          "\n   four that are asked for each time (four, shared); the former with a miss of the cache (stored, cached), and the latter (all, both)")
    columns = ["rps", "cpu_us", "x_own_cpu_us", "x_alone_cpu_us", "p50", "p99", "redis_us", "rounds", "lost"]
    _print([["", *columns]] + [
        [name, *(_cell(column, mine.get(column)) for column in columns)] for name, mine in figures.items()])
    for name in SHARED:
        ratio, redis = figures[name]["x_alone_cpu_us"], figures[name]["redis_us"]
        print(
            f"   {name}: {ratio:.2f} x the same exchange without Redis, aim {BOUND}: {'met' if ratio <= BOUND else 'MISSED'};"
            f" {redis:.1f} µs of Redis, aim {REDIS_BOUND}: {'met' if redis <= REDIS_BOUND else 'MISSED'}")


def pool(figures):
    print("\n== pool: closed loop, plain; one endpoint to choose from, ten and a hundred; added_cpu_us is the median of the rounds' differences")
    columns = ["rps", "cpu_us", "added_cpu_us", "p50", "p99", "rounds", "lost"]
    _print([["", *columns]] + [
        [name, *(_cell(column, mine.get(column)) for column in columns)] for name, mine in figures.items()])
    for name, bound in POOL_BOUNDS.items():
        added = figures[name]["added_cpu_us"]
        print(f"   {name}: {added:.2f} µs more than with one; the aim is at most {bound}: {'met' if added <= bound else 'MISSED'}")


def memory(figures):
    print("\n== rss: memory of open streams, by slope; then rounds of open and close")
    rows = [["", "streams", "missing", "idle MB", "KiB/stream", "after MB", "RSS grown KiB", "fds grown", "gauges left"]]
    for name, mine in figures.items():
        left = {key: value for key, value in mine["rounds"][-1]["gauges"].items() if value}
        rows.append([
            name, str(mine["streams"]), str(mine["missing"]), f"{mine['idle_kib'] / 1024:.1f}",
            f"{mine['kib_per_stream']:.1f}", f"{mine['after_kib'] / 1024:.1f}", str(mine["rss_grown_kib"]), str(mine["fds_grown"]), str(left or "none")])
    _print(rows)
    mine = figures.get("switchyard")
    if mine:
        met = "met" if mine["kib_per_stream"] <= BOUND_KIB else "MISSED"
        print(f"   {mine['kib_per_stream']:.1f} KiB a stream; the aim is at most {BOUND_KIB}: {met}")


def phases(figures):
    print("\n== phases: where the microseconds of a plain exchange go in switchyard")
    if "missing" in figures:
        print(f"   left out: {figures['missing']}")
        return
    for title, part in figures["tables"].items():
        print(f"   {title}")
        _print([["", "%", "µs"]] + [
            [name, f"{100 * share:.1f}", f"{share * figures['cpu_us']:.2f}"] for name, share in part])
    print(f"   {figures['samples']} samples, {figures['cpu_us']:.1f} µs per exchange in that window")


def misses(results):
    """The aims that were missed, as texts."""
    found = []
    for (part, label), bound in BOUNDS.items():
        ratio = results.get(part, {}).get("switchyard", {}).get(f"x_{label}")
        if ratio is not None and ratio > bound:
            found.append(f"{part} {label}: {ratio:.2f} x nginx's, aim {bound}")
    for name in SHARED:
        mine = results.get("limits", {}).get(name)
        if mine and mine["x_alone_cpu_us"] > BOUND:
            found.append(f"limits, {name}: {mine['x_alone_cpu_us']:.2f} x without Redis, aim {BOUND}")
        if mine and mine["redis_us"] > REDIS_BOUND:
            found.append(f"limits, {name}: {mine['redis_us']:.1f} µs of Redis, aim {REDIS_BOUND}")
    for name, bound in POOL_BOUNDS.items():
        mine = results.get("pool", {}).get(name)
        if mine and mine["added_cpu_us"] > bound:
            found.append(f"pool, {name}: {mine['added_cpu_us']:.2f} µs more than with one endpoint, aim {bound}")
    mine = results.get("rss", {}).get("switchyard")
    if mine and mine["kib_per_stream"] > BOUND_KIB:
        found.append(f"rss: {mine['kib_per_stream']:.1f} KiB a stream, aim {BOUND_KIB}")
    return found


def _cell(column, value):
    if value is None:
        return "-"
    if column in ("other", "stolen", "core"):
        return f"{100 * value:.0f}%"
    if isinstance(value, str) or isinstance(value, int):
        return str(value)
    return f"{value:.2f}" if column.startswith("x_") else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}"


def _print(rows):
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    for row in rows:
        first = row[0].ljust(widths[0])
        print("   " + "  ".join([first, *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]), flush=True)
