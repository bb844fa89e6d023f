"""Where an exchange's CPU time goes: samples by perf, sorted by whose code runs and by the phase it runs for."""
import collections, re, shutil, subprocess

from . import load, proc
from .processes import IS_ROOT

#: A symbol's owner, by its mangled module (`$s7Gateway…`: length and name) or its library.
MODULES = ["Gateway", "Upstream", "Dialects", "Telemetry", "Policy", "Settings"]
NIO = re.compile(r"\$s(7NIOCore|8NIOPosix|8NIOHTTP1|11NIOEmbedded|\d+_NIO\w+|\d+NIO\w+)|^CNIO|^c_nio")
RUNTIME = re.compile(
    r"^_?swift_|^\$s[sS]|^\$sS|^_ZN5swift|^_ZN9swift|malloc|calloc|realloc|^_?_?(int_)?free|mem(cpy|move|set|cmp|chr)|"
    r"^operator |^_Zn|^_Zd|tcache|^\$s15Synchronization|^\$s10Foundation|pthread|_dl_|unlink_chunk|^__libc|cfree")

#: A phase, by words that the innermost frame of ours names. The first that fits, going outwards, decides.
PHASES = [
    ("settle: record, access log", r"settle|Settlement|record|AccessLog|JSONWriter|logRecord|MetricsShard|ExchangeSeries"),
    ("authenticate", r"authenticate|Authenticator"),
    ("read & peek", r"9Dialects.*(Peek|JSONParser|RequestReader|PaddedBytes|KeySet|SourceCursor|Field)|8Exchange.*(receive|body)"),
    ("route", r"RoutingTable|AttemptPlan|LeastConnections|5route|5Route|GatewayE?5RouteV"),
    ("relay: answer to client", r"AnswerSink|HTTP1ResponseWriter|HTTP1FieldWriter|RawWriter|5relay|StreamScanner|EventReader|"
                               r"AnswerFacts|ServerTiming|transferReceived|transferEnded|UpstreamHead"),
    ("attempt: libcurl's driver", r"8Upstream|CurlDriver|Transfer|HandlePool|ReadinessBridge|7AttemptC"),
    ("request head: parse", r"HTTP1RequestParser|HeadMachine|HeadParts|RequestHead|ChunkMachine|HTTPBytes|ByteRun|HeaderName"),
    ("connection, pipeline", r"7Gateway"),
    ("event loop, sockets (NIO)", NIO.pattern),
]


def measure(bench, gateway):
    """Shares of samples under `tables`, or the reason for there being none under `missing`."""
    if not shutil.which("perf"):
        return {"missing": "perf is not installed (Debian: linux-perf)"}
    data = f"{bench.work}/perf.data"
    body = load.chat(gateway.model)
    command = ["perf", "record", "-q", "-e", "cpu-clock", "-F", "2999", "--call-graph", "fp", "-o", data]
    command += ["-p", str(gateway.pid), "--", "sleep", str(bench.seconds)]
    recorder = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    before = proc.cpu(gateway.pids())
    result = bench.loadgen.run(gateway, [body], bench.seconds + 0.5, connections=bench.connections)
    cost = 1e6 * (proc.cpu(gateway.pids()) - before) / max(1, result["ok"])
    _, reason = recorder.communicate(timeout=60)
    if recorder.returncode != 0:
        hint = "" if IS_ROOT else " (it needs root, or kernel.perf_event_paranoid at most 1)"
        return {"missing": f"perf failed{hint}: {reason.decode(errors='replace').strip()[-200:]}"}
    return _sorted(data, cost)


def _sorted(data, cpu_us):
    script = subprocess.run(
        ["perf", "script", "-i", data, "-F", "ip,sym,dso", "--no-demangle"], capture_output=True, text=True,
        errors="replace", timeout=300)
    owners, phases, symbols, total = collections.Counter(), collections.Counter(), collections.Counter(), 0
    for block in script.stdout.split("\n\n"):
        frames = [_frame(line) for line in block.splitlines() if line.strip()]
        if not frames:
            continue
        total += 1
        owners[_owner(*frames[0])] += 1
        phases[_phase(frames)] += 1
        symbols[_name(*frames[0])] += 1
    if not total:
        return {"missing": "perf took no samples"}
    tables = {
        "by whose code runs (self)": _shares(owners, total),
        "by phase (innermost frame of ours)": _shares(phases, total),
        "top symbols (self)": [(_demangled(name), share) for name, share in _shares(symbols, total)[:20]]}
    return {"tables": tables, "samples": total, "cpu_us": cpu_us}


def _shares(counter, total):
    return [(name, count / total) for name, count in counter.most_common()]


def _frame(line):
    """Symbol and library of a line such as `ffffffff8 tcp_sendmsg ([kernel.kallsyms])`."""
    match = re.match(r"\s*[0-9a-f]+\s+(.*) \((.*)\)$", line)
    return (match.group(1).split("+0x")[0], match.group(2)) if match else ("", "")


def _is_kernel(library):
    return library.startswith("[kernel") or library.startswith("[guest") or library.endswith(".ko") or library == "[vdso]"


def _owner(symbol, library):
    if _is_kernel(library):
        return "kernel"
    if "libcurl" in library:
        return "libcurl"
    if "simdjson" in library or "simdjson" in symbol:
        return "simdjson"
    for module in MODULES:
        if f"$s{len(module)}{module}" in symbol:
            return module
    if NIO.search(symbol):
        return "NIO"
    if symbol.startswith("sy_"):
        return "our doors to C"
    if RUNTIME.search(symbol) or "libswift" in library or "libc.so" in library or "libstdc++" in library:
        return "Swift runtime, libc, malloc"
    if re.search(r"\$s\d+(Atomics|Logging|Crypto|Collections|DequeModule|OrderedCollections)", symbol):
        return "other packages"
    return "TLS, compression and other libraries" if ".so" in library else "not told"


def _phase(frames):
    for symbol, library in frames:
        if "libcurl" in library:
            return "attempt: libcurl and its sockets"
        for name, pattern in PHASES:
            if re.search(pattern, symbol) and (symbol.startswith("$s") or "nio" in symbol.lower()):
                return name
    return "kernel, no frame of ours" if _is_kernel(frames[0][1]) else "runtime, no frame of ours"


def _name(symbol, library):
    return symbol if symbol and symbol != "[unknown]" else f"? in {library.rsplit('/', 1)[-1]}"


def _demangled(symbol):
    if not symbol.startswith("$s") or not shutil.which("swift"):
        return symbol[:100]
    output = subprocess.run(["swift", "demangle", "--compact", "--simplified", symbol], capture_output=True, text=True)
    return (output.stdout.strip() or symbol)[:100]
