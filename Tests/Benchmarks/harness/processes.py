"""Starts processes pinned to a core, waits for them, and ends them by their pid."""
import contextlib, os, resource, signal, socket, subprocess, time, urllib.error, urllib.request

from . import proc

IS_ROOT = os.geteuid() == 0
GATEWAY_CORES = {proc.CORES[0]}
LOAD_CORES = {proc.CORES[1]} if len(proc.CORES) > 1 else GATEWAY_CORES


class Failure(Exception):
    """What a person is told before the command ends with status 1."""


def _prepare(cores):
    def prepare():
        os.sched_setaffinity(0, cores)
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        if IS_ROOT:
            # Neighbours then cost less; a priority counts only within a session's group, so that gets it as well.
            os.setpriority(os.PRIO_PROCESS, 0, -20)
            with contextlib.suppress(OSError), open("/proc/self/autogroup", "w") as file:
                file.write("-20")

    return prepare


def start(command, cores, log, output=None, **more):
    """A process of its own session, pinned to `cores`; standard error, and output unless given, go to `log`."""
    with open(log, "ab") as errors:
        return subprocess.Popen(
            command, stdin=more.pop("stdin", subprocess.DEVNULL), stdout=output or errors, stderr=errors,
            start_new_session=True, preexec_fn=_prepare(cores), **more)


def stop(process, patience=5):
    """Ends a process that `start` began: politely, then for good."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def realtime(pids):
    """Within, the processes go before all others (root only), so that a neighbour doesn't become our latency."""
    for pid in pids if IS_ROOT else []:
        subprocess.run(["chrt", "-a", "-r", "-p", "1", str(pid)], capture_output=True)
    try:
        yield
    finally:
        for pid in pids if IS_ROOT else []:
            subprocess.run(["chrt", "-a", "-o", "-p", "0", str(pid)], capture_output=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def http(url, body=None, method=None, headers=(), timeout=5):
    """Status and body; 0 and the reason where nothing answered."""
    request = urllib.request.Request(url, body, dict(headers), method=method)
    try:
        with _DIRECT.open(request, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError as error:
        return 0, str(error).encode()


def until(condition, seconds, what, process=None):
    """Waits for `condition` and returns what it returned."""
    end = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        if time.monotonic() > end or (process and process.poll() is not None):
            raise Failure(what)
        time.sleep(0.05)


def tail(path, lines=5):
    with open(path, errors="replace") as file:
        return "".join(file.readlines()[-lines:])
