"""What the tests stand on: processes that are started and watched, a raw HTTP client, the figures of the admin port."""

import hashlib
import itertools
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("SWITCHYARD_BIN_DIR", REPOSITORY / ".build" / "debug"))

# Texts that no process may ever print: keys of clients and providers, and what stands in every prompt.
CLIENT_KEY = "sy-client-0f3b9c41d7e2"
NARROW_KEY = "sy-narrow-77aa02b9c1d3"
PROVIDER_KEY = "sk-provider-5d1e88f02a6b"
REFUSED_KEY = "sk-refused-9c44b10e7f35"
PROMPT_MARK = "purple heron 7731"
KEYS = {"PROVIDER_KEY": PROVIDER_KEY, "REFUSED_KEY": REFUSED_KEY}  # for the environment
SECRETS = [CLIENT_KEY, NARROW_KEY, PROVIDER_KEY, REFUSED_KEY, PROMPT_MARK]


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def prompt(text="Say something.", **directive):
    """The messages of a chat, with one directive for the simulator in them."""
    pairs = ",".join(f"{name}={value}" for name, value in directive.items())
    order = f" [[sim:{pairs}]]" if pairs else ""
    return [{"role": "user", "content": f"{text} ({PROMPT_MARK}){order}"}]


def own_ports():
    """Below those that the system gives to whoever names none, and others for each process of pytest-xdist: between being found free
    and being listened on, nobody takes one. The same comes again only after thousands."""
    count = 2_500
    first = 10_000 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4 * count
    start = first + random.randrange(count)
    return itertools.cycle([*range(start, first + count), *range(first, start)])


PORTS = own_ports()


def free_port():
    while True:
        port = next(PORTS)
        try:
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", port))
            return port
        except OSError:
            continue


def eventually(check, seconds=5.0):
    """The first true value of `check`, or its last one once the time is over."""
    end = time.monotonic() + seconds
    while not (value := check()) and time.monotonic() < end:
        time.sleep(0.02)
    return value


def get(url, method="GET", data=None, token=None):
    """Status and text."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, method=method, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Process:
    """A child process whose output is kept whole."""

    def __init__(self, arguments, environment=None):
        self.name = " ".join(str(part) for part in arguments)
        self.lines = []
        self.process = subprocess.Popen(
            [str(part) for part in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
        # A pipe each: in one, a line of the log could stand in the middle of a line of the access log.
        pipes = [self.process.stdout, self.process.stderr]
        self.readers = [threading.Thread(target=self._read, args=[pipe], daemon=True) for pipe in pipes]
        for reader in self.readers:
            reader.start()

    def _read(self, pipe):
        for line in pipe:
            self.lines.append(line.decode(errors="replace"))

    @property
    def output(self):
        return "".join(self.lines)

    @property
    def is_alive(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=60):
        """The exit code."""
        code = self.process.wait(seconds)
        for reader in self.readers:
            reader.join(5)
        return code

    def stop(self):
        if self.is_alive:
            self.process.terminate()
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.wait()


class Simulator(Process):
    """A running `modelsim`."""

    def __init__(self, *arguments):
        super().__init__([BINARIES / "modelsim", "--port", 0, "--keep-bodies", *arguments])
        found = eventually(lambda: re.search(r"listening on (http://[\d.]+:(\d+))", self.output), 20)
        assert found, f"modelsim did not start: {self.output}"
        self.url, self.port = found[1], int(found[2])

    def log(self, containing=""):
        """What arrived, oldest first: the requests whose body has `containing`."""
        entries = json.loads(get(f"{self.url}/sim/log")[1])["entries"]
        return [entry for entry in entries if containing in entry.get("body", "")]

    def forget(self):
        """Empties the log and the bill."""
        get(f"{self.url}/sim/log", "DELETE")

    def cancellation(self, request_id):
        """The bill's line of a request whose client went away, once there is one."""
        def find():
            lines = json.loads(get(f"{self.url}/sim/bill")[1])["cancellations"]
            return next((line for line in lines if line["id"] == request_id), None)
        return eventually(find)


class Router(Process):
    """A running `switchyard serve`."""

    token = None  # the admin port's, where it has one
    binaries = BINARIES

    def __init__(self, config, environment=None, port=None, admin_port=None, within=()):
        """`within`: the words of a command that runs it."""
        self.config, self.port, self.admin_port = config, port, admin_port
        super().__init__([*within, self.binaries / "switchyard", "serve", "--config", config], environment)

    @classmethod
    def of(cls, processes, folder, config, **values):
        """One of a test's own, by a configuration with {port}, {admin_port} and these values in it."""
        ports = {"port": free_port(), "admin_port": free_port()}
        path = folder / f"router-{ports['port']}.yaml"
        path.write_text(config.format(**values, **ports))
        processes.append(router := cls(path, KEYS, **ports))
        return router.wait_until_ready()

    def end(self):
        """Stops it; it must live, and hold nothing any more."""
        assert self.is_alive, f"the router ended with {self.process.returncode}: {self.output[-4000:]}"
        assert self.unsettled() == {}
        assert self.stop() == 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def readiness(self):
        try:
            return get(f"http://127.0.0.1:{self.admin_port}/readyz")[0]
        except OSError:
            return 0

    def wait_until_ready(self):
        eventually(lambda: self.readiness() == 200 or not self.is_alive, 30)
        assert self.readiness() == 200, f"the router did not start: {self.output}"
        return self

    def metrics(self):
        """Samples by name with labels, as written."""
        text = get(f"http://127.0.0.1:{self.admin_port}/metrics", token=self.token)[1]
        samples = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in samples}

    def metric(self, name, **labels):
        """The sum of the samples of `name` that have these labels."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(
            value for sample, value in self.metrics().items()
            if sample.split("{")[0] == name and all(label in sample for label in wanted))

    RESTS = ("exchanges_active", "transfers_active", "permits_outstanding", "buffered_bytes", "ratelimit_slots_held",
             "ratelimit_unsettled")

    def unsettled(self):
        """What should have returned to zero and has not. Seen at zero once is settled: connections that were left in the
        listener's queue may still be taken from it, and be busy for a moment."""
        def look():
            metrics = self.metrics()
            return {name: metrics.get(f"switchyard_{name}") for name in self.RESTS if metrics.get(f"switchyard_{name}") != 0}
        last = {}
        def is_settled():
            last.clear()
            last.update(look())
            return not last
        eventually(is_settled, 20)
        return last

    def access_log(self, request_id):
        """The line of one exchange, once it is written."""
        def find():
            for line in list(self.lines):
                if f'"request_id":"{request_id}"' in line and '"duration_us"' in line:
                    return json.loads(line)
            return None
        return eventually(find)
