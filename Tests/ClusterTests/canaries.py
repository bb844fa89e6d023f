"""Replicas that try a version of a model on real traffic, and what is seen of it: in their access logs, in Redis, and by other rules."""

import asyncio
import datetime
import json
import math
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

from cluster import Client, Connection, Redis, Simulator, bus_port, eventually
from support import BINARIES, CLIENT_KEY, KEYS, Router, get, sha256

# Five steps, as the default has, of which the first is the one that figures speak of: the level of each test is the shipped one.
STEPS = "steps: [5, 10, 15, 20, 25]"
LEVEL = 1e-3 / 5

CONFIG = """
server: {{ host: {host}, port: {port}, workers: 1, drain_notice: 1ms }}
admin: {{ port: {admin} }}
state: {{ redis: "{redis}", timeout: 250ms }}
rollout: {{ {rollout} }}
providers:
  sim: {{ dialect: openai, base_url: "{sim}/v1", api_key: "${{PROVIDER_KEY}}" }}
deployments:
  small: {{ provider: sim, model: sim-small }}
  large: {{ provider: sim, model: sim-large }}
models:
  chat: {{ deployments: [small] }}
bundles:
  chat: [ {{ version: 12, deployment: large }} ]
tenants:
  acme: {{ keys: [ {{ id: ci, sha256: {key} }} ] }}
"""


class Stand:
    """Replicas that share a Redis whose file is kept, a provider, and version 12 of the model `chat`, which runs at a deployment of its
    own."""

    def __init__(self, replicas=3, rollout=STEPS, redis=(), simulator=(), addresses=("127.0.0.1", "127.0.0.1"), make=None):
        """`redis` is one, or what one is started with; `addresses` are where replicas listen, and where Redis is; `make` makes a replica by
        number, configuration and ports."""
        self.make = make or (lambda number, *words: Router(words[0], KEYS, *words[1:]))
        self.redis = redis if isinstance(redis, Redis) else Redis("--appendonly", "yes", *redis)
        self.simulator = Simulator("--ttft", "5ms", *simulator)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sy-canaries-"))
        self.routers, self.former = [], []
        for number in range(replicas):
            path, port, admin = self.folder / f"{number}.yaml", bus_port(), bus_port()
            path.write_text(CONFIG.format(
                host=addresses[0], port=port, admin=admin, redis=f"redis://{addresses[1]}:{self.redis.port}/0", rollout=rollout,
                sim=self.simulator.url, key=sha256(CLIENT_KEY)))
            self.routers.append(self.make(number, path, port, admin))
        try:
            for router in self.routers:
                router.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise

    def fails(self, baseline, canary):
        """So many of the provider's answers are errors: shares, or every so-manieth where it is a whole number."""
        rules = [
            {"match": {"model": model, **({"every": share} if isinstance(share, int) else {"probability": share})}, "fault": {"status": 500}}
            for model, share in (("sim-small", baseline), ("sim-large", canary)) if share]
        status, text = get(f"{self.simulator.url}/sim/faults", "PUT", json.dumps(rules).encode())
        assert status == 200, text

    def rollout(self, *words):
        """`switchyard rollout …`: its exit code, and what it said."""
        run = subprocess.run(
            [BINARIES / "switchyard", "rollout", *map(str, words), "--config", self.routers[0].config], capture_output=True, text=True,
            env={**os.environ, **KEYS}, timeout=60)
        return run.returncode, (run.stdout + run.stderr).strip()

    def state(self):
        """The words of the model's line; empty where Redis has none, or is away."""
        try:
            line = self.redis.command("HGET", "sy:{ro}:cfg", "m:chat") or ""
        except (OSError, RuntimeError):
            line = ""
        return dict(word.split("=", 1) for word in line.split())

    def leader(self, besides=()):
        """Who leads; nobody is no answer."""
        def leads(router):
            try:
                return router.is_alive and router.metric("switchyard_control_leader_epoch") > 0
            except OSError:
                return False

        leader = eventually(lambda: next((r for r in self.routers if r not in besides and leads(r)), None), 20)
        assert leader, "nobody leads"
        return leader

    def try_it(self):
        """Starts version 12, and waits until it has the first step's weight: its line then, and when it was written."""
        assert self.leader()
        code, text = self.rollout("start", "chat", 12)
        assert code == 0, text
        assert eventually(lambda: float(self.state().get("weight", 0)) > 0, 90), f"no step began: {self.state()}"
        return int(self.redis.command("HGET", "sy:{ro}:cfg", "at")) / 1_000

    def kill(self, router):
        router.process.kill()
        router.wait()
        return time.time()

    def replace(self, router):
        """Another start of a replica that has ended."""
        position = self.routers.index(router)
        self.former.append(router)
        self.routers[position] = self.make(position, router.config, router.port, router.admin_port).wait_until_ready()

    def exchanges(self):
        """Lines of all access logs, by when each began, by the wall clock."""
        found = []
        for router in [*self.former, *self.routers]:
            for line in list(router.lines):
                if '"duration_us"' in line:
                    record = json.loads(line)
                    record["at"] = datetime.datetime.fromisoformat(record["ts"]).timestamp() - record["duration_us"] / 1e6
                    record["failed"] = record["attempts"] > 1 or record["status"] >= 500
                    record["replica"] = id(router)
                    found.append(record)
        return sorted(found, key=lambda record: record["at"])

    def canaries(self, since=0.0):
        return [record for record in self.exchanges() if record.get("arm") == "canary" and record["at"] >= since]

    def audit(self):
        """What was decided, the oldest first, as words, with milliseconds in `ms`."""
        return [
            dict(zip(words[::2], words[1::2]), ms=int(name.split("-")[0]))
            for name, words in self.redis.command("XRANGE", "sy:{ro}:audit", "-", "+")]

    def counts(self):
        """What all replicas counted, second by second."""
        seconds = {}
        for key in self.redis.command("KEYS", "sy:{ro:chat}:n:*"):
            words = self.redis.command("HGETALL", key)
            seconds[int(key.rsplit(":", 1)[1])] = {
                name: int(value) for name, value in zip(words[::2], words[1::2]) if not name.startswith("@")}
        return dict(sorted(seconds.items()))

    def logged(self, text):
        return [line for router in [*self.former, *self.routers] for line in list(router.lines) if text in line]

    def stop(self):
        for router in self.routers:
            router.process.send_signal(18)  # SIGCONT: one that stands can't end
        for process in [*self.routers, self.simulator]:
            process.stop()
        self.redis.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Load(Client):
    """Sessions of one request each, at a steady rate until it ends; `ports` may be changed meanwhile."""

    def __init__(self, ports, rate):
        self.number = 0
        body = {"model": "chat", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}
        super().__init__(list(ports), body, patience=40, headers=["x-session-id: s%09d"])
        self.idle = {port: [] for port in ports}
        self.rate, self.ends = rate, threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.go()), daemon=True)
        self.thread.start()

    @property
    def request(self):
        self.number += 1
        return self.template % self.number

    @request.setter
    def request(self, template):
        self.template = template

    async def go(self):
        begin, asked, tasks = time.monotonic(), 0, set()
        while not self.ends.is_set():
            while asked < (time.monotonic() - begin) * self.rate:
                task = asyncio.create_task(self.ask(self.ports[asked % len(self.ports)]))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                asked += 1
            await asyncio.sleep(0.002)
        await asyncio.gather(*list(tasks))
        for connections in self.idle.values():
            for _, writer in connections:
                writer.close()

    def leave(self, port):
        """Nobody is sent there any more."""
        self.ports = [other for other in self.ports if other != port]
        self.idle[port] = []

    def back(self, port):
        self.idle[port] = []  # connections of exchanges that ended after it was left
        self.ports = [*self.ports, port]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join(60)


class Journal:
    """Looks at what leaders write, fifty times a second: each change with when it was seen."""

    FIELDS = [("lease", "sy:{ro}:lease", ("epoch", "id", "since")), ("cfg", "sy:{ro}:cfg", ("epoch", "ver", "by", "m:chat")),
              ("judge", "sy:{ro}:judge:chat", ("epoch", "second"))]

    def __init__(self, redis):
        self.redis, self.seen, self.ends = redis, {}, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        while not self.ends.wait(0.02):
            try:
                with Connection(self.redis.port) as connection:
                    while not self.ends.wait(0.02):
                        for name, key, fields in self.FIELDS:
                            self.note(name, connection.call("HMGET", key, *fields))
                        self.note("stamp", (connection.call("GET", "sy:{ro}:stamp") or "").split())
            except (OSError, RuntimeError):
                pass

    def note(self, name, value):
        if not value or value[0] is None:
            return
        entries = self.seen.setdefault(name, [])
        if not entries or entries[-1][1] != value:
            entries.append((time.time(), value))

    def of(self, name, since=0.0):
        return [value for at, value in self.seen.get(name, []) if at >= since]

    def epochs(self, name, since=0.0):
        return [int(value[0]) for value in self.of(name, since)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join()


# ---- Rules over the counts of seconds -------------------------------------------------------------------------------

def window(seconds, last, length=60):
    """Sums of the counts of the seconds up to and with `last`."""
    sums = {}
    for second in range(last - length + 1, last + 1):
        for name, amount in seconds.get(second, {}).items():
            sums[name] = sums.get(name, 0) + amount
    return sums


def success_checks(seconds, begin, least=0.99, length=60):
    """As Flagger and Argo Rollouts judge: whole minutes, each fine where the canary's success rate is at least `least`. Of each, whether it
    failed, and the rate."""
    checks, last = [], max(seconds, default=begin)
    for end in range(begin + length, last + 2, length):
        sums = window(seconds, end - 1, length)
        if sums.get("c.n"):
            rate = 1 - sums.get("c.err", 0) / sums["c.n"]
            checks.append((rate < least, rate))
    return checks


def ratio_rule(seconds, begin, ratio=1.5, least=50):
    """A rolling minute in which the canary's errors are more than `ratio` times the baseline's: when it rolls back first, in seconds since
    `begin`, and in how many of how many seconds it would."""
    hits, looks = [], 0
    for last in range(begin, max(seconds, default=begin) + 1):
        sums = window({second: words for second, words in seconds.items() if second >= begin}, last)
        if sums.get("c.n", 0) < least:
            continue
        looks += 1
        if sums.get("c.err", 0) / sums["c.n"] > ratio * sums.get("b.err", 0) / max(1, sums.get("b.n", 0)):
            hits.append(last - begin)
    return hits[0] if hits else None, len(hits), looks


class Evidence:
    """The sequential test of errors, computed here from the same counts: in which second it had enough. A second implementation, of the
    documented formula."""

    POINTS, NULL, FARTHEST, PER, EVEN = 48, 1.2, 64.0, 10, 720

    def __init__(self):
        span = math.log(self.FARTHEST / self.NULL)
        self.ratios = [span * (point + 1) / self.POINTS for point in range(self.POINTS)]
        self.scores = [math.log(0.5)] * self.POINTS
        self.ticks, self.log = 0, 0.0

    def fold(self, words):
        n, x, m, y = (words.get(name, 0) for name in ("c.n", "c.err", "b.n", "b.err"))
        if n == 0 or m == 0:
            return
        self.ticks += 1
        renewals = self.ticks // self.PER
        if self.ticks % self.PER == 0 and renewals <= self.EVEN:
            self.scores = [math.log(math.exp(min(700, score)) + 0.25 / self.EVEN) for score in self.scores]
        if x + y == 0:
            return
        share = n / (self.NULL * n + m)
        for point, ratio in enumerate(self.ratios):
            self.scores[point] += x * ratio - (x + y) * math.log1p(self.NULL * (math.exp(ratio) - 1) * share)
        kept = 0.25 + 0.25 * (1 - renewals / self.EVEN)
        self.log = math.log(sum(math.exp(min(700, score)) for score in self.scores) / self.POINTS + kept)

    @classmethod
    def suffices(cls, seconds, begin, level=LEVEL):
        """The first second whose evidence is enough for a rollback; none: it never was."""
        test = cls()
        for second, words in seconds.items():
            if second >= begin:
                test.fold(words)
                if test.log >= -math.log(level):
                    return second
        return None
