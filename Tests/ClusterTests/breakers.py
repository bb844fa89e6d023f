"""The figures of circuit breakers: endpoints that die, ask to be left alone, or fail for one caller alone."""

import asyncio
import datetime
import json
import pathlib
import shutil
import socket
import tempfile
import threading
import time

import recoveries
from cluster import Client, Connection, Redis, bus_port, eventually, prompt_of
from demands import demand, demand_in_time
from support import BINARIES, KEYS, Process, Router, free_port, get, sha256

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 1, connect_timeout: 1s{server} }}
admin: {{ port: {admin} }}
{state}
breaker: {{ {breaker} }}
providers:
  sim: {{ dialect: openai, endpoints: [ {endpoints} ] }}
deployments:
  mock: {{ provider: sim, model: mock-model }}
models:
  mock-model: {{ deployments: [mock] }}
tenants:
  acme:
    keys: [ {keys} ]
"""


class Endpoint:
    """A `modelsim` on a port of its own, which can die and come back there."""

    def __init__(self, *arguments):
        self.port, self.arguments, self.process = free_port(), arguments, None
        self.start()

    def start(self):
        self.process = Process([BINARIES / "modelsim", "--port", self.port, *self.arguments])
        assert eventually(lambda: "listening on" in self.process.output, 20), self.process.output

    def kill(self):
        self.process.process.kill()
        self.process.wait()

    def fails(self, *faults):
        """Answers so from now on; as usual where nothing is said."""
        self.rules(*({"fault": fault} for fault in faults))

    def rules(self, *rules):
        status, text = get(f"http://127.0.0.1:{self.port}/sim/faults", "PUT", json.dumps(rules).encode())
        assert status == 200, text

    def calls(self):
        """What came in, oldest first."""
        return json.loads(get(f"http://127.0.0.1:{self.port}/sim/log")[1])["entries"]

    def stop(self):
        self.process.stop()


class Pool:
    """Replicas in front of endpoints, and keys to call them with."""

    def __init__(self, replicas, endpoints, redis=None, keys=1, breaker="", simulator=(), server=""):
        self.redis = redis
        self.endpoints = [Endpoint(*simulator) for _ in range(endpoints)]
        self.keys = [f"sy-breaker-{number}" for number in range(keys)]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sy-breakers-"))
        self.routers = []
        for number in range(replicas):
            # Below what the system gives to clients: a replica that is started again finds its ports free.
            port, admin = bus_port(), bus_port()
            path = self.folder / f"{number}.yaml"
            path.write_text(CONFIG.format(
                port=port, admin=admin, server=server, breaker=breaker, state=f'state: {{ redis: "{redis.url}", timeout: 100ms }}' if redis else "",
                endpoints=", ".join(f'"http://127.0.0.1:{endpoint.port}/v1"' for endpoint in self.endpoints),
                keys=", ".join(f"{{ id: k{i}, sha256: {sha256(key)} }}" for i, key in enumerate(self.keys))))
            self.routers.append(Router(path, KEYS, port, admin))
        try:
            for router in self.routers:
                router.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise

    @property
    def ports(self):
        return [router.port for router in self.routers]

    def clients(self, **body):
        """One for each key."""
        body = {"model": "mock-model", "messages": prompt_of(40), "max_tokens": 5, **body}
        return [Client(self.ports, body, key) for key in self.keys]

    def sum(self, name, **labels):
        return sum(router.metric(name, **labels) for router in self.routers)

    def states(self, endpoint):
        """Of one endpoint, as each replica sees it."""
        return [router.metric("switchyard_breaker_state", endpoint=f"sim/127.0.0.1:{endpoint.port}") for router in self.routers]

    def exchanges(self, since):
        """Lines of the access logs that ended after `since`, by the wall clock."""
        found = []
        for router in self.routers:
            for line in list(router.lines):
                if '"duration_us"' in line:
                    record = json.loads(line)
                    record["at"] = datetime.datetime.fromisoformat(record["ts"]).timestamp()
                    if record["at"] >= since:
                        found.append(record)
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in [*self.routers, *self.endpoints]:
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class News:
    """What replicas publish of breakers, each with when it was so by Redis' clock: it may be read a little later."""

    def __init__(self, redis):
        self.connection = Connection(redis.port, timeout=None)
        self.connection.call("SUBSCRIBE", "sy:ev:cb")
        self.lines, self.end = [], None
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            while True:
                message = self.connection.receive()[2].split()
                self.lines.append((int(message[2]) / 1_000, message))
        except (OSError, ValueError, TypeError) as error:
            self.end = error

    def count(self, state, why=None):
        return sum(1 for _, words in self.lines if words[1] == state and why in (None, words[9]))


async def together(clients, rate, seconds, meanwhile=()):
    """All clients at once, `rate` a second in all."""
    await asyncio.gather(*(
        client.run(rate / len(clients), seconds, meanwhile if number == 0 else ()) for number, client in enumerate(clients)))


def answers(clients):
    return [answer for client in clients for answer in client.answers]


def an_endpoint_dies(seconds=100, cycles=0, crashes=30):
    """One of two endpoints dies at 200 requests a second over 5 replicas: all stop within 300 ms, and three probes bring it back,
    as often as there are `--seconds` for; with one caller and with twenty. With `--cycles 100 --crashes 30` instead: so many deaths of
    an endpoint that is alone, and of its probes so many percent of whose replicas are killed meanwhile."""
    if cycles:
        return recoveries.many(cycles, crashes)
    for keys in (1, 20):
        dies(keys, max(1, seconds // 20))


def dies(keys, cycles):
    replicas, rate, redis = 5, 200, Redis()
    try:
        with Pool(replicas, 2, redis, keys, "base: 1s, max: 1s") as pool:
            news, (victim, _) = News(redis), pool.endpoints
            asyncio.run(together(pool.clients(), rate, 3))
            deaths, refused = [], 0
            for cycle in range(cycles):
                # Later deaths come while it starts slowly, and so at fewer calls a second: it takes longer to be seen.
                death = Death(pool, victim, news)
                clients = pool.clients()
                asyncio.run(together(clients, rate, 2 if cycle == 0 else 4, [(1, death.begin)]))
                if cycle % 2:
                    victim.start()
                else:  # for long enough that probes fail
                    more = pool.clients()
                    asyncio.run(together(more, rate, 1.5))
                    clients += more
                    victim.start()
                more = pool.clients()
                asyncio.run(together(more, rate, 2.5))
                refused += sum(1 for answer in answers(clients + more) if answer.status != 200)
                back = eventually(lambda: sum(pool.states(victim)) == 0, 5)
                demand(back, f"the endpoint did not come back: {pool.states(victim)}")
                death.look()
                deaths.append(death)
            probes = {name: pool.sum("switchyard_breaker_probes_total", result=name) for name in ("ok", "failed", "given_back", "cooldown")}
            recoveries, halves, lost = news.count("closed", "recovered"), news.count("half"), news.count("open", "probe-lost")
            print(
                f"A6, {keys} keys: {cycles} deaths at {rate} requests a second over {replicas} replicas: failed attempts"
                f" {[death.failed for death in deaths]} with {[death.in_flight for death in deaths]} in flight; the last one began"
                f" {[round(death.last * 1e3) for death in deaths]} ms after the death and {[round(death.late * 1e3) for death in deaths]} ms"
                f" after the breaker opened; {refused} requests failed; {recoveries} recoveries with {probes['ok']:.0f} probes that succeeded,"
                f" {halves - recoveries} other half-open generations with {probes['failed']:.0f} that failed; {lost} lost")
            demand(refused <= cycles, "requests failed")
            demand(recoveries >= cycles, "the breaker did not open and close each time")
            demand(probes["ok"] - 2 * (halves - recoveries) <= 3 * recoveries <= probes["ok"], "not three probes brought it back")
            demand(probes["ok"] + probes["failed"] <= 3 * halves, "more probes than three in a generation")
            demand_in_time(max(death.failed - death.in_flight for death in deaths) <= 40, "too many attempts failed")
            demand_in_time(deaths[0].last <= 0.3, f"a replica went on for {deaths[0].last * 1e3:.0f} ms")
            demand_in_time(max(death.late for death in deaths) <= 0.3, "a replica went on at an open breaker")
    finally:
        redis.stop()


class Death:
    """Of an endpoint under load: what it cost until its breaker was open everywhere."""

    def __init__(self, pool, victim, news):
        self.pool, self.victim, self.news = pool, victim, news
        self.at = self.in_flight = self.failed = 0
        self.last = self.late = 0.0

    def begin(self):
        threading.Thread(target=self.kill).start()

    def kill(self):
        self.in_flight = int(self.pool.sum("switchyard_inflight", endpoint=f"sim/127.0.0.1:{self.victim.port}"))
        self.at = time.time()
        self.victim.kill()

    def look(self):
        opened = next((at for at, words in self.news.lines if at >= self.at and words[1] == "open"), None)
        demand(opened, "no breaker opened")
        probed = next((at for at, words in self.news.lines if at >= opened and words[1] == "half"), time.time())
        # An attempt that failed is followed by one elsewhere, which succeeds.
        hurt = [r for r in self.pool.exchanges(self.at) if r["attempts"] > 1 and r["at"] < probed]
        self.failed = sum(r["attempts"] - 1 for r in hurt)
        begun = [r["at"] - r["duration_us"] / 1e6 for r in hurt]
        self.last = max((at - self.at for at in begun), default=0)
        self.late = max((at - opened for at in begun), default=0)


def one_fails_more_often(seconds=30):
    """One of six endpoints fails three calls of ten, which is too few for its own breaker: it is left out within two passes, and no other
    one is; clients of three replicas see nothing of it."""
    redis = Redis()
    try:
        with Pool(3, 6, redis, keys=4, breaker="base: 60s") as pool:
            news, bad = News(redis), pool.endpoints[2]
            bad.rules({"match": {"probability": 0.3}, "fault": {"status": 500}})
            clients = pool.clients()
            asyncio.run(together(clients, 240, seconds - 2))
            name = f"http://127.0.0.1:{bad.port}/v1/mock"
            opened = [(at, words[0], words[9]) for at, words in news.lines if words[1] == "open"]
            calls = [call["time"] for call in bad.calls()]
            late = max((call - opened[0][0] for call in calls), default=0) if opened else None
            failed = sum(1 for answer in answers(clients) if answer.status != 200)
            print(
                f"outlier: {len(calls)} calls at the endpoint that fails 30 % of them; opened: {[words[1:] for words in opened]},"
                f" last call {late} s after; {failed} of {len(answers(clients))} answers bad")
            demand([words[1:] for words in opened] == [(name, "outlier")], "it is not the one that is left out, once")
            demand_in_time(late < 1, f"it was called {late:.1f} s later")
            demand(failed == 0, "clients saw failures")
    finally:
        redis.stop()


def told_to_wait(seconds=22):
    """A 429 with `Retry-After` at one replica: no call from any of five between 300 ms later and its end."""
    wait, redis = seconds - 2, Redis()
    try:
        with Pool(5, 1, redis, keys=5) as pool:
            endpoint, = pool.endpoints
            asyncio.run(together(pool.clients(), 50, 1))
            endpoint.fails({"status": 429, "retry_after": wait, "first": 1})
            clients, last = pool.clients(), endpoint.calls()[-1]["id"]
            asyncio.run(together(clients, 50, wait * 1.1 + 3))
            calls = [call for call in endpoint.calls() if call["id"] > last]
            told = next(call for call in calls if call["status"] == 429)["time"]
            during = [call["time"] - told for call in calls if 0.3 < call["time"] - told < wait]
            at_first = sum(1 for call in calls if 0 < call["time"] - told <= 0.3)
            after = sum(1 for call in calls if call["time"] - told >= wait)
            statuses = {status: sum(1 for a in answers(clients) if a.status == status) for status in (200, 429, 503, 0)}
            waits = sorted(int(a.headers["retry-after"]) for a in answers(clients) if a.status == 503)
            print(
                f"A7: 429 with Retry-After: {wait} at one of 5 replicas: {at_first} calls within 300 ms, {len(during)} until {wait} s,"
                f" {after} after; answers {statuses}, Retry-After of refusals from {waits[0]} to {waits[-1]} s")
            demand(not during, f"called {len(during)} times, first {min(during, default=0):.2f} s later")
            demand(after > 0, "the endpoint was never called again")
            demand(waits[-1] <= wait * 1.1 + 1, "clients are told to wait for too long")
    finally:
        redis.stop()


def one_poisons(seconds=30):
    """20, then 2,000 requests that make the provider answer 500, by one caller: every other caller's succeed. So they do where they call
    other replicas meanwhile, and then that one; and breakers that are half-open meanwhile close."""
    redis = Redis()
    try:
        with Pool(3, 2, redis, 6, "base: 1s") as pool:
            poison_at_one(pool, 0)
            poison_everywhere(pool, 1, News(redis), max(2, seconds - 10), seconds >= 25)
            poison_probes(pool, 2)
    finally:
        redis.stop()


def poison(ports, pool, key):
    body = {"model": "mock-model", "max_tokens": 5, "messages": [{"role": "user", "content": "[[sim:status=500]]"}]}
    return Client(ports, body, pool.keys[key])


def statuses(clients):
    found = {}
    for answer in answers(clients):
        found[answer.status] = found.get(answer.status, 0) + 1
    return found


def poison_everywhere(pool, key, news, seconds, is_long):
    clients, poisons = pool.clients()[3:], [poison(pool.ports, pool, key) for _ in range(2)]

    async def load():
        good = [asyncio.create_task(client.run(20, seconds + 2)) for client in clients]
        await asyncio.sleep(0.5)
        await poisons[0].run(100, 0.2)
        await asyncio.sleep(1)
        await poisons[1].run(2_000 / seconds, seconds)
        await asyncio.gather(*good)

    asyncio.run(load())
    others = answers(clients)
    print(
        f"poison: {len(answers(poisons))} requests of one caller ended in {statuses(poisons)}; {len(others)} of three others, of which"
        f" {sum(1 for a in others if a.status == 200)} succeeded; breakers opened {news.count('open')} times")
    demand(all(a.status == 200 for a in others), "other callers were hurt")
    demand(len(answers(poisons)) >= 1_900 or not is_long, "too few poisoned requests were sent")


def poison_at_one(pool, key):
    """Nobody else calls that replica while it is poisoned."""
    first, elsewhere = poison(pool.ports[:1], pool, key), pool.clients()[3:]
    for client in elsewhere:
        client.ports = pool.ports[1:]

    async def load():
        await asyncio.gather(first.run(150, 1), *(client.run(20, 1) for client in elsewhere))

    asyncio.run(load())
    states = [pool.routers[0].metric("switchyard_breaker_state", endpoint=f"sim/127.0.0.1:{e.port}") for e in pool.endpoints]
    after = pool.clients()[3:]
    for client in after:
        client.ports = pool.ports[:1]
    asyncio.run(together(after, 60, 0.5))
    print(f"poison: at one replica, {statuses([first])}: its breakers stand at {states}, and others who call it then get {statuses(after)}")
    demand(sum(states) == 0, "one caller opened a replica's own breaker")
    demand(set(statuses(elsewhere + after)) == {200}, "other callers were hurt")


def poison_probes(pool, key):
    """Breakers that an outage has opened, while one caller goes on failing."""
    for endpoint in pool.endpoints:
        endpoint.kill()
    asyncio.run(together(pool.clients(), 200, 0.5))
    demand(all(sum(pool.states(endpoint)) > 0 for endpoint in pool.endpoints), "an outage opened nothing")
    for endpoint in pool.endpoints:
        endpoint.start()
    bad, good, healed = poison(pool.ports, pool, key), pool.clients()[3:], time.monotonic()

    async def load():
        await asyncio.gather(bad.run(100, 3.5), *(client.run(20, 3.5) for client in good))

    asyncio.run(load())
    last = max((answer.at - healed for answer in answers(good) if answer.status != 200), default=0)
    states = [int(sum(pool.states(endpoint))) for endpoint in pool.endpoints]
    print(
        f"poison: while half-open, {statuses([bad])} of one caller; others {statuses(good)}, refused until {last:.2f} s after healing;"
        f" breakers {states} at the end")
    demand(sum(states) == 0, "one caller keeps breakers open")
    demand_in_time(last <= 3, f"others were refused for {last:.1f} s")


def all_endpoints_fail(seconds=30):
    """Every endpoint of a model answers 503: attempts, what clients are told, and how soon it is over when one is healthy again."""
    replicas, rate, redis = 3, 60, Redis()
    try:
        with Pool(replicas, 2, redis, keys=5, breaker="base: 1s, max: 2s") as pool:
            asyncio.run(together(pool.clients(), rate, 2))
            before = pool.sum("switchyard_upstream_attempts_total")
            for endpoint in pool.endpoints:
                endpoint.fails({"status": 503})
            clients, begin = pool.clients(), time.monotonic()
            healed = {}

            def heal():
                for endpoint in pool.endpoints:
                    endpoint.fails()
                healed.update(at=time.monotonic(), wall=time.time(), attempts=pool.sum("switchyard_upstream_attempts_total"))

            asyncio.run(together(clients, rate, seconds + 10, [(seconds, lambda: threading.Thread(target=heal).start())]))
            took, attempts = healed["at"] - begin, healed["attempts"] - before
            during = [a for a in answers(clients) if a.at < healed["at"]]
            bound = 1.2 * len(during) + 10 * replicas * took
            refused = [a for a in during if a.status == 503 and "retry-after" in a.headers]
            # From the first call that an endpoint answered well again.
            probe = min(
                call["time"] for endpoint in pool.endpoints for call in endpoint.calls()
                if call["status"] == 200 and call["time"] >= healed["wall"] - 0.05)
            late = [a for a in answers(clients) if a.status != 200 and a.at > healed["at"]]
            last = max((a.at - healed["at"] for a in late), default=0)
            recovery = last - (probe - healed["wall"])
            print(
                f"outage: {len(during)} requests in {took:.0f} s of outage made {attempts:.0f} attempts ({attempts / len(during):.3f} each;"
                f" {bound:.0f} allowed); {len(refused)} were told 503 with Retry-After; the first healthy probe came"
                f" {probe - healed['wall']:.2f} s after healing, the last refusal {recovery:.2f} s after it")
            demand(attempts <= bound, "too many attempts")
            demand(attempts <= 1.2 * len(during), "breakers did not cut attempts")
            demand(len(refused) > len(during) / 2, "few were refused at once")
            demand(any(a.status == 200 for a in answers(clients) if a.at > healed["at"] + 5), "it did not come back")
            demand_in_time(recovery <= 2, f"recovery took {recovery:.2f} s")
            told(pool)
    finally:
        redis.stop()


def without_redis(seconds=4):
    """Redis is away, then an endpoint dies, comes back and dies again, then Redis is back: no request fails, and all agree at the end."""
    redis = Redis()
    try:
        with Pool(3, 2, redis, 2, "base: 1s, max: 2s") as pool:
            victim, failed, table = pool.endpoints[0], 0, []

            def load(what):
                nonlocal failed
                clients = pool.clients()
                asyncio.run(together(clients, 60, seconds))
                failed += sum(1 for answer in answers(clients) if answer.status != 200)
                probes = {name: int(pool.sum("switchyard_breaker_probes_total", result=name)) for name in ("ok", "failed")}
                table.append((what, [int(state) for state in pool.states(victim)], probes))
                return table[-1][1]

            for what, change, isOpen in [
                    ("all well", None, False), ("Redis away", redis.kill, False), ("endpoint dead", victim.kill, True),
                    ("endpoint back", victim.start, False), ("endpoint dead again", victim.kill, True), ("Redis back", redis.start, True),
                    ("endpoint back", victim.start, False)]:
                if change:
                    change()
                states = load(what)
                if not isOpen:
                    demand(eventually(lambda: sum(pool.states(victim)) == 0, 10), f"{what}: it is open: {pool.states(victim)}")
                else:
                    demand(0 not in states, f"{what}: a replica goes on: {states}")
            for what, states, probes in table:
                print(f"alone: {what:20} state by replica {states}, probes so far {probes}")
            print(f"alone: {failed} requests failed")
            demand(failed <= 2, "requests failed")
            demand(all(router.metric("switchyard_redis_mode") == 0 for router in pool.routers), "Redis is not used again")
    finally:
        redis.stop()


def redis_dies_while_half_open(seconds=4):
    """Redis goes while a breaker is half-open and its endpoint healthy again: calls are refused for less than a second."""
    redis = Redis()
    try:
        with Pool(1, 1, redis, 2, "base: 1s, max: 1s, probes: 1000") as pool:
            news, (endpoint,) = News(redis), pool.endpoints
            endpoint.kill()
            asyncio.run(together(pool.clients(), 40, 1))
            demand(news.count("open") == 1, "an outage opened nothing")
            endpoint.start()
            clients, died = pool.clients(), {}

            def die():
                died.update(at=time.monotonic(), states=pool.states(endpoint))
                redis.kill()

            asyncio.run(together(clients, 40, seconds + 3, [(3, die)]))
            before, after = ([a for a in answers(clients) if (a.at > died["at"]) == isAfter] for isAfter in (False, True))
            last = max((a.at - died["at"] for a in after if a.status != 200), default=0)
            print(
                f"half: {sum(1 for a in before if a.status == 200)} probes before Redis died, with the breaker at {died['states']};"
                f" {sum(1 for a in after if a.status != 200)} of {len(after)} requests refused afterwards, the last one after {last:.2f} s")
            demand(died["states"] == [1] and news.count("closed") == 0, "the breaker was not half-open")
            demand(after[-1].status == 200, "calls are refused for good")
            demand_in_time(last <= 1, f"calls were refused for {last:.2f} s")
    finally:
        redis.stop()


def told(pool):
    """What a client is told while everything fails: reasons by candidate."""
    for endpoint in pool.endpoints:
        endpoint.fails({"status": 429, "retry_after": 30})
    client = pool.clients()[0]
    request = client.request
    text = ""
    for _ in range(6):
        with socket.create_connection(("127.0.0.1", pool.routers[0].port), 10) as stream:
            stream.sendall(request)
            text = stream.recv(65_536).decode()
            while "\r\n\r\n" not in text or not text.rstrip().endswith("}"):
                text += stream.recv(65_536).decode()
    error = json.loads(text.split("\r\n\r\n", 1)[1])["error"]
    print(f"outage: clients are told: {error['message']}")
    demand(error["code"] == "no_endpoint_available" and "mock: 2 endpoints" in error["message"], "no reasons are given")
    demand("retry-after: " in text.lower(), "no Retry-After is sent")
