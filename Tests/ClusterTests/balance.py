"""Figures of balancing: what replicas know of each other's load, and what becomes of it."""

import asyncio
import collections
import contextlib
import heapq
import json
import pathlib
import random
import shutil
import tempfile
import time

from cluster import Client, Connection, Redis, Router, Simulator, eventually, free_port, quantile
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
{queue}
"""


class Pool:
    """Replicas over a pool of simulated endpoints. `simulators`: the options of each."""

    def __init__(self, replicas, simulators, redis=None, model="", provider="", server="", state="", queue=""):
        self.simulators = [Simulator(*options) for options in simulators]
        self.folder = tempfile.mkdtemp(prefix="sy-pool-")
        self.routers = []
        for number in range(replicas):
            port, admin = free_port(), free_port()
            path = pathlib.Path(self.folder) / f"{number}.yaml"
            path.write_text(CONFIG.format(
                port=port, admin=admin, state=f'state: {{ redis: "{redis.url}", timeout: 250ms{state} }}' if redis else "",
                endpoints=", ".join(f'"{simulator.url}/v1"' for simulator in self.simulators),
                model=f", {model}" if model else "", provider=f", {provider}" if provider else "",
                server=f", {server}" if server else "", queue=queue))
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


# ---- A pool at 90 % load -------------------------------------------------------------------------------------------

SLOTS = 4
SLOWDOWNS = [2, 2, 1, 1, 1, 1, 1, 1, 1, 1]
REPLICAS = 5


def arrivals(seed, seconds, load=0.9):
    """(second, replica, seconds of service), Poisson and lognormal with mean 1: the same for the same seed."""
    chance = random.Random(seed)
    rate = load * sum(SLOTS / slowdown for slowdown in SLOWDOWNS)
    found, now = [], 0.0
    while (now := now + chance.expovariate(rate)) < seconds:
        found.append((now, chance.randrange(REPLICAS), max(0.001, chance.lognormvariate(-0.32, 0.8))))
    return found


def oracle(requests, seed):
    """Seconds of each request where each goes to the endpoint that has the fewest at that moment: what no sharing can beat."""
    chance = random.Random(seed)
    counts, running = [0] * len(SLOWDOWNS), [0] * len(SLOWDOWNS)
    queues = [collections.deque() for _ in SLOWDOWNS]
    ends, times = [], []

    def start(at, now, arrived, service):
        running[at] += 1
        heapq.heappush(ends, (now + service * SLOWDOWNS[at], at, arrived))

    def end():
        now, at, arrived = heapq.heappop(ends)
        times.append(now - arrived)
        running[at] -= 1
        counts[at] -= 1
        if queues[at]:
            start(at, now, *queues[at].popleft())

    for now, _, service in requests:
        while ends and ends[0][0] <= now:
            end()
        least = min(counts)
        at = chance.choice([place for place, count in enumerate(counts) if count == least])
        counts[at] += 1
        if running[at] < SLOTS:
            start(at, now, now, service)
        else:
            queues[at].append((now, service))
    while ends:
        end()
    return times


class Timed(Client):
    """Asks when each request is due, and times it from then."""

    async def drive(self, requests):
        begin = time.monotonic() + 0.2
        await asyncio.gather(*(self.request_at(begin + due, replica, service) for due, replica, service in requests))
        return [answer.seconds for answer in self.answers if answer.status == 200]

    async def request_at(self, due, replica, service):
        await asyncio.sleep(due - time.monotonic())
        payload = json.dumps({
            "model": "mock-model", "max_tokens": 1,
            "messages": [{"role": "user", "content": f"[[sim:ttft={int(service * 1e6)}us]]"}]}).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: sy\r\ncontent-length: {len(payload)}\r\n\r\n".encode()
        one = Client([self.ports[replica]], {}, patience=self.patience)
        one.request, one.idle = head + payload, self.idle
        await one.ask(self.ports[replica])
        answer = one.answers[0]
        answer.seconds += answer.at - due
        self.answers.append(answer)


def unequal_pool(seconds=60, runs=5):
    """5 replicas, 10 endpoints of unequal speed, 90 % load: p99 at most 1.25 x the simulated oracle's on the same requests, median of 5."""
    runs = runs if seconds >= 60 else 1
    ways = {"shared counts": ("", True), "own counts": ("", False), "round robin": ("balance: round_robin", True)}
    simulators = [["--slots", SLOTS, "--slowdown", slowdown, "--tokens", 1] for slowdown in SLOWDOWNS]
    redis = Redis()
    p99 = {name: [] for name in ["oracle", *ways]}
    p50 = {name: [] for name in p99}
    try:
        for run in range(runs):
            requests = arrivals(run + 1, seconds)
            times = {"oracle": oracle(requests, run)}
            redis.command("FLUSHALL")
            with contextlib.ExitStack() as stack:
                pools = {
                    name: stack.enter_context(Pool(
                        REPLICAS, simulators, redis if shares else None, model,
                        state=f", key_prefix: {name.replace(' ', '-')}"))
                    for name, (model, shares) in ways.items()}

                async def drive():
                    # All at once: at this rate they leave each other alone.
                    return await asyncio.gather(
                        *(Timed(pool.ports, {}, patience=600).drive(requests) for pool in pools.values()))

                times.update(zip(ways, asyncio.run(drive())))
                for name, pool in pools.items():
                    demand(len(times[name]) == len(requests), f"{name}: {len(requests) - len(times[name])} requests failed")
                    rest = lambda: [r.metric("switchyard_inflight_cluster") for r in pool.routers] == [0] * REPLICAS
                    demand(eventually(rest, 5), f"{name}: something is left in flight")
            for name in p99:
                p99[name].append(quantile(times[name], 0.99))
                p50[name].append(quantile(times[name], 0.5))
        middle = lambda values: sorted(values)[len(values) // 2]
        print(
            f"Pool: {REPLICAS} replicas, {len(SLOWDOWNS)} endpoints of {SLOTS} slots, two at half speed; 90 % load for {seconds} s,"
            f" {runs} runs of about {len(requests)} requests of 1 s on average; seconds, medians of the runs")
        print(f"{'':16}{'p50':>8}{'p99':>8}{'p99 over the oracle:':>22} median, each run")
        ratios = {}
        for name in p99:
            each = [value / best for value, best in zip(p99[name], p99["oracle"])]
            ratios[name] = middle(each)
            print(
                f"{name:16}{middle(p50[name]):8.2f}{middle(p99[name]):8.2f}{ratios[name]:22.2f}"
                f" ({', '.join(f'{ratio:.2f}' for ratio in each)})")
        demand_in_time(ratios["shared counts"] <= 1.25, f"p99 is {ratios['shared counts']:.2f} of the oracle's")
        if seconds >= 60:
            demand(ratios["round robin"] > 1.5, "round robin would do as well")
    finally:
        redis.stop()


def one_bounded_endpoint(seconds=15, replicas=3, bound=6, clients=10, service="120ms"):
    """Replicas that share an endpoint of so many requests at a time, each with more clients than that: how many it had at once, how
    much of the time it was used, and what each replica got."""
    redis = Redis()
    try:
        with Pool(replicas, [[]], redis, provider=f"max_concurrent: {bound}", queue="queue: { max_wait: 60s }") as pool:
            time.sleep(2)  # until replicas know each other, each has little
            body = {"model": "mock-model", "messages": [{"role": "user", "content": f"[[sim:ttft={service}]]"}], "max_tokens": 4}
            callers = [Client([port], body, patience=60) for port in pool.ports]
            end = time.monotonic() + seconds

            async def keep(caller, port):
                while time.monotonic() < end:
                    await caller.ask(port)

            async def run():
                await asyncio.gather(*(keep(c, port) for c, port in zip(callers, pool.ports) for _ in range(clients)))

            asyncio.run(run())
            busy = at_once(pool.simulators[0].log())
            statuses = collections.Counter(answer.status for caller in callers for answer in caller.answers)
            shares = [len(caller.answers) for caller in callers]
            whole = sum(busy.values())
            above = sum(time for count, time in busy.items() if count > bound) / whole
            mean = sum(min(count, bound) * time for count, time in busy.items()) / whole / bound
            print(f"{replicas} replicas, {clients} clients each, an endpoint of {bound}: at most {max(busy)} at once, above {bound} for"
                  f" {100 * above:.2f} % of the time; {100 * mean:.1f} % of it used; answers by replica {shares}; {dict(statuses)}")
            return max(busy), above, mean, shares, statuses
    finally:
        redis.stop()


def at_once(entries, slack=0.002):
    """For how long a simulator had how many requests at a time. `slack`: its log's times are in milliseconds."""
    moments = []
    for entry in entries:
        begin, end = entry["time"] + slack, entry["time"] + entry["elapsed_ms"] / 1_000 - slack
        moments += [(begin, 1), (max(begin, end), -1)]
    moments.sort()
    busy, count = collections.Counter(), 0
    for (at, change), (later, _) in zip(moments, moments[1:]):
        count += change
        busy[count] += later - at
    return busy


def bounded(seconds=15):
    """Several replicas before one endpoint of six at a time: never more than twice that, hardly ever more, all used, equal shares."""
    most, above, mean, shares, statuses = one_bounded_endpoint(seconds)
    demand(set(statuses) == {200}, f"nobody fails: {dict(statuses)}")
    demand(most <= 12, f"at most {most} at once, where 6 are meant")
    demand(above < 0.1, f"{100 * above:.2f} % of the time above the bound")
    demand(mean > 0.8, f"{100 * mean:.1f} % used")
    demand(min(shares) > 0.6 * max(shares), f"shares {shares}")
