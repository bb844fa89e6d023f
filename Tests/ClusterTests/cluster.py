"""Real processes for figures of the cluster: a Redis, replicas that share it, a simulated provider, and clients that ask at a rate."""

import asyncio
import json
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "ClientTests"))

from support import BINARIES, CLIENT_KEY, KEYS, Router, Simulator, eventually, free_port, get, sha256  # noqa: E402

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "Sources" / "Coordination" / "Scripts"


def bus_port():
    """A free port whose cluster bus, 10,000 above it, is free too."""
    while True:
        port = free_port()
        try:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port + 10_000))
            return port
        except OSError:
            continue


class Redis:
    """A `redis-server` of our own, on a free port of loopback."""

    environment = None  # that of this process

    def __init__(self, *arguments, port=None):
        self.folder = tempfile.mkdtemp(prefix="sy-redis-")
        self.port = port or free_port()
        self.arguments = arguments
        self.process = None
        self.start()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder,
             "--logfile", "redis.log", *self.arguments], env=self.environment)
        assert eventually(self.answers, 20), "redis-server did not start"

    def answers(self):
        try:
            return self.command("PING") == "PONG"
        except OSError:
            return False
        except RuntimeError as refusal:
            if str(refusal).startswith("LOADING"):  # it reads what it had written
                return False
            raise

    def command(self, *words):
        with Connection(self.port) as connection:
            return connection.call(*words)

    def figures(self, section):
        """INFO's lines, by name."""
        lines = (line.split(":", 1) for line in self.command("INFO", section).splitlines() if ":" in line)
        return {name: value for name, value in lines}

    def processor_seconds(self):
        cpu = self.figures("cpu")
        return float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def proceed(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        self.proceed()
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Sentinels:
    """A primary with two replicas, and three Sentinels that watch it as `sy`."""

    def __init__(self, down_after=1_000):
        self.primary = Redis()
        self.nodes = [self.primary] + [Redis("--replicaof", f"127.0.0.1 {self.primary.port}") for _ in range(2)]
        self.sentinels = [Sentinel(self.primary.port, down_after) for _ in range(3)]
        last = self.sentinels[-1]
        assert eventually(lambda: last.knows(replicas=2, sentinels=2), 30), "the Sentinels did not find each other"

    @property
    def url(self):
        return f"redis-sentinel://{','.join(f'127.0.0.1:{s.port}' for s in self.sentinels)}/sy"

    def current(self):
        """The node that the Sentinels take for the primary."""
        port = int(self.sentinels[0].command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "sy")[1])
        return next(node for node in self.nodes if node.port == port)

    def stop(self):
        for server in [*self.sentinels, *self.nodes]:
            server.stop()


class Sentinel(Redis):
    def __init__(self, primary, down_after):
        self.lines = [
            f"sentinel monitor sy 127.0.0.1 {primary} 2", f"sentinel down-after-milliseconds sy {down_after}",
            "sentinel failover-timeout sy 6000"]
        super().__init__()

    def start(self):
        path = pathlib.Path(self.folder) / "sentinel.conf"
        path.write_text("\n".join([f"port {self.port}", "bind 127.0.0.1", f"dir {self.folder}", *self.lines, ""]))
        self.process = subprocess.Popen(["redis-server", path, "--sentinel", "--logfile", f"{self.folder}/sentinel.log"])
        assert eventually(self.answers, 20), "the Sentinel did not start"

    def knows(self, replicas, sentinels):
        words = self.command("SENTINEL", "MASTER", "sy")
        facts = dict(zip(words[::2], words[1::2]))
        return int(facts["num-slaves"]) == replicas and int(facts["num-other-sentinels"]) == sentinels


class RedisCluster:
    """Three primaries with a replica each."""

    def __init__(self, timeout=1_000):
        options = ["--cluster-enabled", "yes", "--cluster-node-timeout", str(timeout)]
        self.nodes = [Redis(*options, port=bus_port()) for _ in range(6)]
        addresses = [f"127.0.0.1:{node.port}" for node in self.nodes]
        subprocess.run(
            ["redis-cli", "--cluster", "create", *addresses, "--cluster-replicas", "1", "--cluster-yes"], check=True,
            stdout=subprocess.DEVNULL)
        assert eventually(lambda: all(self.is_ok(node) for node in self.nodes), 30), "the cluster did not form"

    @staticmethod
    def is_ok(node):
        return "cluster_state:ok" in node.command("CLUSTER", "INFO")

    @property
    def url(self):
        return f"redis-cluster://{','.join(f'127.0.0.1:{node.port}' for node in self.nodes)}"

    def slot(self, key):
        return self.nodes[0].command("CLUSTER", "KEYSLOT", key)

    def owner(self, slot):
        """The primary that has a slot, by what any living node says."""
        alive = next(node for node in self.nodes if node.process.poll() is None)
        for first, last, primary, *_ in alive.command("CLUSTER", "SLOTS"):
            if first <= slot <= last:
                return next(node for node in self.nodes if node.port == primary[1])
        return None

    def move(self, slot):
        """Moves a slot with its keys to another primary, as `redis-cli --cluster reshard` does."""
        source = self.owner(slot)
        target = next(
            node for node in self.nodes
            if node is not source and node.process.poll() is None and node.figures("replication")["role"] == "master")
        ids = {node: node.command("CLUSTER", "MYID") for node in (source, target)}
        target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
        source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
        time.sleep(0.5)  # traffic meets a slot that is on its way
        while keys := source.command("CLUSTER", "GETKEYSINSLOT", slot, 100):
            source.command("MIGRATE", "127.0.0.1", target.port, "", 0, 5_000, "REPLACE", "KEYS", *keys)
        for node in (target, source):
            node.command("CLUSTER", "SETSLOT", slot, "NODE", ids[target])
        return source, target

    def stop(self):
        for node in self.nodes:
            node.stop()


class Connection:
    """One blocking connection to a Redis: commands out, replies back."""

    def __init__(self, port, timeout=5):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, *words):
        parts = [b"*%d\r\n" % len(words)]
        for word in words:
            word = str(word).encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
        self.socket.sendall(b"".join(parts))

    def receive(self):
        line = self.file.readline()
        if not line:
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self.receive() for _ in range(int(rest))]
        return rest.decode()

    def call(self, *words):
        self.send(*words)
        return self.receive()


CLOCK = """local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""


def script(name):
    """A script as the router sends it."""
    return CLOCK + "\n".join((SCRIPTS / f"{part}.lua").read_text() for part in ("limits", name))


# ---- Replicas ---------------------------------------------------------------------------------------------------

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: {workers}{server} }}
admin: {{ port: {admin}{token} }}
{state}
{cache}
providers:
  sim: {{ dialect: openai, base_url: "{provider}/v1", api_key: "${{PROVIDER_KEY}}" }}
deployments:
  mock: {{ provider: sim, model: mock-model, price: {{ input: 1, output: 2 }}{deployment} }}
models:
  mock-model: {{ deployments: [mock] }}
tenants:
  acme:
    limits: [{limits}]
    teams: {{ search: {{}} }}
    keys: [ {{ id: ci, sha256: {key} }} ]
"""


class Cluster:
    """Replicas that share one Redis (or none) and one simulated provider."""

    def __init__(
            self, replicas, limits, redis=None, workers=1, deployment="", state="", simulator=(), server="", admin="", cache=""):
        self.redis = redis
        self.simulator = Simulator(*simulator)
        self.folder = tempfile.mkdtemp(prefix="sy-cluster-")
        self.routers = []
        shared = f'state: {{ redis: "{redis.url}"{state} }}' if redis else ""
        for number in range(replicas):
            port, admin_port = free_port(), free_port()
            path = pathlib.Path(self.folder) / f"{number}.yaml"
            path.write_text(CONFIG.format(
                port=port, admin=admin_port, token=admin, workers=workers, server=server, state=shared, cache=cache,
                provider=self.simulator.url,
                deployment=f", limits: [{deployment}]" if deployment else "", limits=limits, key=sha256(CLIENT_KEY)))
            self.routers.append(Router(path, KEYS, port, admin_port))
        for router in self.routers:
            router.wait_until_ready()

    def replace(self, number):
        """Another start of a replica that has ended."""
        old = self.routers[number]
        self.routers[number] = Router(old.config, KEYS, old.port, old.admin_port).wait_until_ready()

    def decisions(self):
        """Of all replicas: how many of each result and mode."""
        sums = {}
        for router in self.routers:
            for result in ("admitted", "refused"):
                for mode in ("shared", "leased", "local", "memo"):
                    name = f"{result} {mode}"
                    sums[name] = sums.get(name, 0) + router.metric(
                        "switchyard_ratelimit_decisions_total", result=result, mode=mode)
        return sums

    def tokens_billed(self):
        bill = json.loads(get(f"{self.simulator.url}/sim/bill")[1])["total"]
        return bill["prompt_tokens"] + bill["completion_tokens"]

    def operational_lines(self):
        """Lines that are no access log, by replica."""
        return [sum(1 for line in r.lines if '"duration_us"' not in line) for r in self.routers]

    def stop(self):
        for process in [*self.routers, self.simulator]:
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


# ---- Clients ----------------------------------------------------------------------------------------------------

class Answer:
    def __init__(self, at, status, seconds, headers):
        self.at, self.status, self.seconds, self.headers = at, status, seconds, headers


class Client:
    """Asks replicas in turn, at a steady rate whatever becomes of it; keeps connections. Gives an answer up after `patience` seconds.
    `ports` are of loopback, or pairs of an address and a port."""

    def __init__(self, ports, body, key=CLIENT_KEY, patience=30, headers=()):
        self.ports, self.patience = ports, patience
        payload = json.dumps(body).encode()
        self.request = (
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: sy\r\nauthorization: Bearer {key}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(payload)}\r\n"
            + "".join(f"{header}\r\n" for header in headers) + "\r\n").encode() + payload
        self.idle = {port: [] for port in ports}
        self.answers = []

    async def ask(self, port):
        begin = time.monotonic()
        status, headers = 0, {}
        try:
            reader, writer = self.idle[port].pop() if self.idle[port] else await asyncio.open_connection(
                *(port if isinstance(port, tuple) else ("127.0.0.1", port)))
            writer.write(self.request)
            status, headers = await asyncio.wait_for(self.read(reader), self.patience)
            self.idle[port].append((reader, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError):
            pass
        self.answers.append(Answer(begin, status, time.monotonic() - begin, headers))

    @staticmethod
    async def read(reader):
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        await reader.readexactly(int(headers.get("content-length", 0)))
        return int(lines[0].split()[1]), headers

    async def run(self, rate, seconds, meanwhile=()):
        """`meanwhile`: pairs of a second and something to do then."""
        begin = time.monotonic()
        todo = sorted(meanwhile, key=lambda pair: pair[0])
        tasks = set()
        number = 0
        while (now := time.monotonic() - begin) < seconds:
            while todo and todo[0][0] <= now:
                todo.pop(0)[1]()
            while number < now * rate:
                task = asyncio.create_task(self.ask(self.ports[number % len(self.ports)]))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                number += 1
            await asyncio.sleep(0.002)
        await asyncio.gather(*list(tasks))
        for connections in self.idle.values():
            for _, writer in connections:
                writer.close()
        return begin

    def count(self, *statuses):
        return sum(1 for answer in self.answers if answer.status in statuses)


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def prompt_of(characters, seed=1):
    words = ["hill", "grove", "cedar", "fern", "beacon", "pond", "slate", "mill", "garden", "sand", "river"]
    chance = random.Random(seed)
    text = ""
    while len(text) < characters:
        text += chance.choice(words) + " "
    return [{"role": "user", "content": text[:characters]}]
