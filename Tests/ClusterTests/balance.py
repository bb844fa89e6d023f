"""Figures of balancing: what replicas know of each other's load, and what becomes of it."""

import asyncio
import json
import pathlib
import shutil
import tempfile
import time

from cluster import BINARIES, Client, Connection, Redis, Router, Simulator, eventually, free_port
from demands import demand, demand_in_time

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 1{server} }}
admin: {{ port: {admin} }}
{state}
providers:
  pool: {{ dialect: openai, endpoints: [ {endpoints} ]{provider} }}
deployments:
  mock: {{ provider: pool, model: mock-model, price: {{ input: 1, output: 2 }} }}
models:
  mock-model: {{ deployments: [mock]{model} }}
"""


class Pool:
    """Replicas over a pool of simulated endpoints. `simulators`: the options of each."""

    def __init__(self, replicas, simulators, redis=None, model="", provider="", server=""):
        self.simulators = [Simulator(*options) for options in simulators]
        self.folder = tempfile.mkdtemp(prefix="sy-pool-")
        self.routers = []
        for number in range(replicas):
            port, admin = free_port(), free_port()
            path = pathlib.Path(self.folder) / f"{number}.yaml"
            path.write_text(CONFIG.format(
                port=port, admin=admin, state=f'state: {{ redis: "{redis.url}", timeout: 250ms }}' if redis else "",
                endpoints=", ".join(f'"{simulator.url}/v1"' for simulator in self.simulators),
                model=f", {model}" if model else "", provider=f", {provider}" if provider else "",
                server=f", {server}" if server else ""))
            self.routers.append(Router(path, {}, port, admin))
        for router in self.routers:
            router.wait_until_ready()

    @property
    def ports(self):
        return [router.port for router in self.routers]

    def served(self):
        """Requests that each endpoint got."""
        return [len(simulator.log()) for simulator in self.simulators]

    def stop(self):
        for process in [*self.routers, *self.simulators]:
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def loads_told(redis):
    """What each replica told last: (milliseconds ago, requests in flight)."""
    with Connection(redis.port) as connection:
        seconds, micro = connection.call("TIME")
        words = connection.call("HGETALL", "sy:{lb}:inflight")
    now = int(seconds) * 1_000 + int(micro) // 1_000
    told = {}
    for name, value in zip(words[::2], words[1::2]):
        at, _, loads = value.split(" ", 2)
        told[name] = (now - int(at), sum(int(part.rsplit("=", 1)[1]) for part in loads.split(";") if part))
    return told


def replica_dies(seconds=20):
    """kill -9 of a replica with 100 requests in flight: its counts are gone at all others in 1.5 s, and the sum returns to 0."""
    redis = Redis()
    try:
        with Pool(3, [[], []], redis) as pool:
            victim, *others = pool.routers
            asked = [
                Client([router.port], {"model": "mock-model", "messages": [
                    {"role": "user", "content": f"[[sim:ttft={seconds if router is victim else 4}s]]"}]}, patience=seconds)
                for router in (victim, others[0])]

            async def crowd():
                return await asyncio.gather(
                    *(asked[0].ask(victim.port) for _ in range(100)), *(asked[1].ask(others[0].port) for _ in range(10)), watch())

            async def watch():
                seen = lambda: [router.metric("switchyard_inflight_cluster") for router in others]
                while await asyncio.to_thread(seen) != [110, 110]:
                    await asyncio.sleep(0.02)
                victim.process.kill()
                begin = time.monotonic()
                gone = [None, None]
                while not all(gone) and time.monotonic() - begin < 5:
                    for place, count in enumerate(await asyncio.to_thread(seen)):
                        if count <= 10 and gone[place] is None:
                            gone[place] = time.monotonic() - begin
                    await asyncio.sleep(0.01)
                return gone

            gone = asyncio.run(asyncio.wait_for(crowd(), 60))[-1]
            demand(all(gone), "a dead replica's requests still count after 5 s")
            rest = eventually(lambda: [router.metric("switchyard_inflight_cluster") for router in others] == [0, 0], 10)
            told = [count for age, count in loads_told(redis).values() if age < 1_200]
            print(
                f"A9: kill -9 of one of 3 replicas with 100 requests in flight: gone at the others after"
                f" {', '.join(f'{t:.2f} s' for t in gone)}; of the living 10 counted on; at rest the sum is {sum(told)}")
            demand(rest and sum(told) == 0, "counts are left behind")
            demand_in_time(max(gone) <= 1.5, "it took longer than 1.5 s")
    finally:
        redis.stop()
