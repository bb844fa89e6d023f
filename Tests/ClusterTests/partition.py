"""Replicas that are cut off from Redis, or from some endpoints: each in a network namespace of its own, with rules that drop packets.

All of it, the client too, runs in a namespace that is made for this and goes with it.
"""

import asyncio
import concurrent.futures
import ctypes
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from cluster import Client, Redis, eventually, prompt_of, quantile
from demands import Missed, demand, demand_in_time
from support import BINARIES, KEYS, Process, Router, free_port, get, sha256

INSIDE = "SWITCHYARD_PARTITION"
REDIS = "10.91.0.50"
RATE = 90

CONFIG = """
server: {{ host: 0.0.0.0, port: {port}, workers: 1, connect_timeout: 500ms }}
admin: {{ port: {admin} }}
state: {{ redis: "redis://{redis}:{redis_port}/0", timeout: 250ms }}
breaker: {{ base: 1s, max: 2s }}
providers:
  sim: {{ dialect: openai, endpoints: [ {endpoints} ] }}
deployments:
  mock: {{ provider: sim, model: mock-model }}
models:
  mock-model: {{ deployments: [mock] }}
tenants:
  acme: {{ limits: [ {{ concurrent: 1000 }} ], keys: [ {keys} ] }}
"""


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")


class Namespace:
    """One with an address on the bridge; its thread is in it."""

    def __init__(self, number):
        self.name, self.address = f"sy-{os.getpid()}-{number}", f"10.91.0.{10 + number}"
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", f"sy{number}", "type", "veth", "peer", "name", "eth0", "netns", self.name)
        run("ip", "link", "set", f"sy{number}", "master", "bridge", "up")
        for words in (["addr", "add", f"{self.address}/24", "dev", "eth0"], ["link", "set", "eth0", "up"], ["link", "set", "lo", "up"]):
            run("ip", "-n", self.name, *words)
        self.within = ["ip", "netns", "exec", self.name]
        self.thread = concurrent.futures.ThreadPoolExecutor(1, initializer=self.enter)

    def enter(self):
        with open(f"/run/netns/{self.name}") as file:
            if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), 0x40000000):  # CLONE_NEWNET
                raise OSError(ctypes.get_errno(), "setns")

    def cut(self, *addresses):
        """Nothing passes from or to them from now on, and nobody is told."""
        for address in addresses:
            run(*self.within, "iptables", "-w", "-A", "OUTPUT", "-d", address, "-j", "DROP")
            run(*self.within, "iptables", "-w", "-A", "INPUT", "-s", address, "-j", "DROP")

    def heal(self):
        run(*self.within, "iptables", "-w", "-F")

    def stop(self):
        self.thread.shutdown()
        run("ip", "netns", "del", self.name)


class Replica(Router):
    """In a namespace; its figures are read there."""

    def __init__(self, namespace, config, port, admin):
        self.namespace = namespace
        super().__init__(config, KEYS, port, admin, within=namespace.within)

    def look(self, path):
        return self.namespace.thread.submit(get, f"http://127.0.0.1:{self.admin_port}{path}").result()

    def readiness(self):
        try:
            return self.look("/readyz")[0]
        except OSError:
            return 0

    def metrics(self):
        samples = (line.rsplit(" ", 1) for line in self.look("/metrics")[1].splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in samples}


class Endpoint:
    def __init__(self, number, port):
        self.address, self.port = f"10.91.0.{100 + number}", port
        run("ip", "addr", "add", f"{self.address}/24", "dev", "bridge")
        self.start()

    def start(self):
        self.process = Process([
            BINARIES / "modelsim", "--host", self.address, "--port", self.port, "--ttft", "30ms", "--per-token", "2ms", "--tokens", "20"])
        assert eventually(lambda: "listening on" in self.process.output, 20), self.process.output

    def kill(self):
        self.process.process.kill()
        self.process.wait()

    @property
    def name(self):
        return f"sim/{self.address}:{self.port}"


class Net:
    """Three replicas, four endpoints and a Redis on one bridge."""

    def __init__(self):
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "bridge", "type", "bridge")
        run("ip", "link", "set", "bridge", "up")
        for address in ("10.91.0.1", REDIS):
            run("ip", "addr", "add", f"{address}/24", "dev", "bridge")
        self.redis = Redis("--bind", f"127.0.0.1 {REDIS}", "--protected-mode", "no")
        self.namespaces = [Namespace(number) for number in range(3)]
        port, admin, sim = free_port(), free_port(), free_port()
        self.endpoints = [Endpoint(number, sim) for number in range(4)]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sy-partition-"))
        self.keys = [f"sy-partition-{number}" for number in range(6)]
        config = self.folder / "switchyard.yaml"
        config.write_text(CONFIG.format(
            port=port, admin=admin, redis=REDIS, redis_port=self.redis.port,
            endpoints=", ".join(f'"http://{endpoint.address}:{endpoint.port}/v1"' for endpoint in self.endpoints),
            keys=", ".join(f"{{ id: k{i}, sha256: {sha256(key)} }}" for i, key in enumerate(self.keys))))
        self.replicas = [Replica(namespace, config, port, admin) for namespace in self.namespaces]
        for replica in self.replicas:
            replica.wait_until_ready()
        self.port = port

    def clients(self):
        """For each replica one with each key."""
        body = {"model": "mock-model", "messages": prompt_of(40), "max_tokens": 20, "stream": False}
        return [[Client([(space.address, self.port)], body, key) for key in self.keys] for space in self.namespaces]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in [*self.replicas, *(endpoint.process for endpoint in self.endpoints)]:
            process.stop()
        self.redis.stop()
        for space in self.namespaces:
            space.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Phase:
    """One load with what it came to, replica by replica."""

    COLUMNS = "phase                            replica  requests  failed  alone  p50 ms  p99 ms  most ms  attempts that failed"

    def __init__(self, net, name, seconds, meanwhile=()):
        self.net, self.name = net, name
        before = [replica.metrics() for replica in net.replicas]
        clients = net.clients()

        async def load():
            flat = [client for each in clients for client in each]
            await asyncio.gather(*(
                client.run(RATE / len(flat), seconds, meanwhile if number == 0 else ()) for number, client in enumerate(flat)))

        asyncio.run(load())
        after = [replica.metrics() for replica in net.replicas]
        self.answers = [[answer for client in each for answer in client.answers] for each in clients]
        self.failed = [sum(answer.status != 200 for answer in answers) for answers in self.answers]
        self.alone = [sum(a.headers.get("x-switchyard-limit-mode") == "local" for a in answers) for answers in self.answers]
        self.took = [[answer.seconds for answer in answers] for answers in self.answers]
        self.results = [self.failures(one, other) for one, other in zip(before, after)]

    @staticmethod
    def failures(before, after):
        found = {}
        for sample, value in after.items():
            if sample.startswith("switchyard_upstream_attempt_results_total") and 'result="ok"' not in sample:
                if grown := int(value - before.get(sample, 0)):
                    found[sample.split('result="')[1].split('"')[0]] = grown
        return found

    def show(self):
        for number, took in enumerate(self.took):
            print(
                f"{self.name if number == 0 else '':32} {number:7}  {len(took):8}  {self.failed[number]:6}  {self.alone[number]:5}"
                f"  {quantile(took, 0.5) * 1e3:6.0f}  {quantile(took, 0.99) * 1e3:6.0f}  {max(took) * 1e3:7.0f}"
                f"  {', '.join(f'{count} {result}' for result, count in self.results[number].items()) or '-'}")
        return self


def in_flight(net):
    """Of each replica: its own, and what it knows of all."""
    return [(replica.metric("switchyard_inflight"), replica.metric("switchyard_inflight_cluster")) for replica in net.replicas]


def standing(net, endpoint):
    return [replica.metric("switchyard_breaker_state", endpoint=endpoint.name) for replica in net.replicas]


def later(seconds, *actions):
    """For `meanwhile`: beside the load, which must not wait for it."""
    return (seconds, lambda: threading.Thread(target=lambda: [action() for action in actions]).start())


def cut_off(seconds=8):
    """A replica cut off from Redis while an endpoint dies, another from half of its endpoints: what each did, and what is left."""
    if INSIDE not in os.environ:
        return outside(seconds)
    with Net() as net:
        print(Phase.COLUMNS)
        Phase(net, "all is well", 3).show()

        dead, space = net.endpoints[3], net.namespaces[1]
        space.cut(REDIS)
        alone = Phase(
            net, "1 without Redis, one dies", seconds, [later(seconds / 4, dead.kill), later(seconds / 2, dead.start)]).show()
        seen = standing(net, dead)
        space.heal()
        begin = time.monotonic()
        back = eventually(lambda: net.replicas[1].metric("switchyard_redis_mode") == 0, 10)
        healed = time.monotonic() - begin
        Phase(net, "healed", 3).show()
        demand(sum(alone.failed) == 0, "requests failed for want of Redis, or of one endpoint of four")
        demand(alone.alone[1] > 0 and alone.alone[0] == alone.alone[2] == 0, "others than the one cut off decided alone")
        demand(back, "the shared state was not found again")
        demand(eventually(lambda: sum(standing(net, dead)) == 0, 10), f"the endpoint that came back stays out: {seen}")

        half = Phase(net, "2 without two endpoints", seconds, [later(0.5, lambda: net.namespaces[2].cut(*(
            endpoint.address for endpoint in net.endpoints[:2])))]).show()
        others = [standing(net, endpoint)[0] for endpoint in net.endpoints[:2]]
        net.namespaces[2].heal()
        Phase(net, "healed", 6).show()
        closed = eventually(lambda: all(sum(standing(net, endpoint)) == 0 for endpoint in net.endpoints), 10)
        demand(sum(half.failed) == 0, "requests failed though two endpoints could be reached")
        demand(closed, "breakers stay open")

        zero = eventually(lambda: all(own == every == 0 for own, every in in_flight(net)), 5)
        permits = sum(replica.metric("switchyard_permits_outstanding") for replica in net.replicas)
        probes = {key: net.redis.command("HLEN", key) for key in net.redis.command("KEYS", "sy:{cb:*:probes")}
        slots = eventually(lambda: not any(net.redis.command("ZCARD", key) for key in net.redis.command("KEYS", "sy:*:sem:*")), 35)
        print(
            f"shared state found again {healed:.1f} s after healing; in the second partition the others saw breaker states {others};"
            f" left at the end: in flight {in_flight(net)}, permits {permits:.0f}, probes {probes or 'none'},"
            f" slots {'none' if slots else 'some'}")
        demand(zero and permits == 0, "something is left in flight")
        demand(not any(probes.values()), "permits of probes are left")
        demand(slots, "slots are left")
        demand_in_time(max(alone.took[1]) < 2, "a request waited for Redis")
        demand_in_time(healed < 5, "it took long to find Redis again")


def outside(seconds):
    """The same in a namespace of its own, where nothing of this machine is touched."""
    done = subprocess.run(
        ["unshare", "--net", "--mount", sys.executable, "-B", __file__, json.dumps(seconds)], env={**os.environ, INSIDE: "1"})
    demand(done.returncode == 0, "see above")


if __name__ == "__main__":
    try:
        cut_off(json.loads(sys.argv[1]))
    except Missed as missed:
        sys.exit(f"missed: {missed}")
