"""How soon a weight that a leader writes is what replicas go by, told and untold."""

import pathlib
import random
import re
import shutil
import tempfile
import threading
import time

from canaries import CONFIG, STEPS
from cluster import Connection, Redis, Simulator, bus_port, eventually, quantile
from demands import demand, demand_in_time
from leading import Leader
from support import CLIENT_KEY, KEYS, Router, sha256

LINE = "ver=1 active=11 candidate=12 state=CANARY step=0 weight={weight} since=1 slow95=60000"
# Milliseconds after a weight was told at which replicas are asked by what they go.
LOOKS = (2, 5, 10, 20, 27, 35, 50, 100)


class Monitor:
    """What replicas tell Redis that they go by, at the moment at which they tell it, by Redis' clock."""

    ACK = re.compile(r'^([\d.]+) \[\d+ lua\] "hset" "sy:\{ro\}:ack" "([^"]+)" "(\d+)\.(\d+) ', re.IGNORECASE)
    TOLD = re.compile(r'^([\d.]+) \[[^\]]+\] "publish" "sy:ev:ro" "cfg \d+ (\d+)"', re.IGNORECASE)
    WRITTEN = re.compile(r'^([\d.]+) \[[^\]]+\] "hset" "sy:\{ro\}:cfg" "epoch" "\d+" "ver" "(\d+)"', re.IGNORECASE)

    def __init__(self, redis):
        self.acks, self.told, self.written = [], {}, {}
        self.connection = Connection(redis.port, timeout=None)
        self.connection.call("MONITOR")
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            while True:
                line = self.connection.receive()
                if found := self.ACK.match(line):
                    self.acks.append((float(found[1]), found[2], int(found[4])))
                elif found := self.TOLD.match(line):
                    self.told[int(found[2])] = float(found[1])
                elif found := self.WRITTEN.match(line):
                    self.written[int(found[2])] = float(found[1])
        except (OSError, ValueError, TypeError):
            pass

    def acks_since(self, instant):
        for at, replica, version in reversed(list(self.acks)):
            if at < instant:
                return
            yield at, replica, version


class Audience:
    """Replicas that follow a leader who is played."""

    def __init__(self, replicas):
        self.redis, self.simulator = Redis(), Simulator()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sy-pushes-"))
        self.leader, self.replicas, self.routers = Leader(self.redis), replicas, []
        for number in (11, 12):
            self.leader.register(number, "small" if number == 11 else "large")
        self.leader.stamp()
        self.leader.decide(LINE.format(weight=1))
        for number in range(replicas):
            path, port, admin = self.folder / f"{number}.yaml", bus_port(), bus_port()
            path.write_text(CONFIG.format(
                host="127.0.0.1", port=port, admin=admin, redis=self.redis.url, rollout=STEPS, sim=self.simulator.url, key=sha256(CLIENT_KEY)))
            self.routers.append(Router(path, KEYS, port, admin))
        try:
            for router in self.routers:
                router.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        self.monitor = Monitor(self.redis)

    def ask(self):
        """Has every replica ask Redis for what there is, and so say by what it goes."""
        self.redis.command("PUBLISH", "sy:ev:ro", "veto chat 99")

    def decide(self, tells):
        self.leader.stamp()
        self.leader.decide(LINE.format(weight=1 + self.leader.version % 9), tells=tells)

    def all_apply(self):
        """Whether each says that it goes by what was decided last."""
        def look():
            self.ask()
            time.sleep(0.2)
            found = {replica for _, replica, version in self.monitor.acks_since(time.time() - 3) if version == self.leader.version}
            return len(found) == self.replicas
        return eventually(look, 20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in [*self.routers, self.simulator, self.redis]:
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def pushed(seconds=60, replicas=20):
    """A weight is written, and told or not, to 20 replicas: how many go by it after how many milliseconds."""
    replicas = replicas if seconds >= 30 else 5
    with Audience(replicas) as audience:
        demand(audience.all_apply(), "not all replicas have the first weight")
        told(audience, max(1, seconds // 10))
        untold(audience, max(1, seconds // 6))


def told(audience, times):
    """Replicas tell by what they go when they ask for news: each push is followed by one question, after so many milliseconds."""
    share = {}
    for _ in range(times):
        for look in LOOKS:
            audience.decide(tells=True)
            sleep_until(audience.monitor.told, audience.leader.version, look / 1_000)
            audience.ask()
            time.sleep(0.3)
            share.setdefault(look, []).extend(judge(audience, look))
            demand(audience.all_apply(), "a weight that was told is not applied")
    for look in LOOKS:
        applied = [is_applied for is_applied, _ in share[look]]
        print(
            f"push: {len(applied)} times {look} ms after a weight was told (answered at most {max(at for _, at in share[look]) * 1e3:.0f} ms"
            f" after): {sum(applied) / len(applied):.1%} go by it")
    half, most = bound(share, 0.5), bound(share, 0.99)
    print(f"push: told, it is what a replica goes by after at most {half * 1e3:.0f} ms (p50), p99 {most * 1e3:.0f} ms")
    demand_in_time(most <= 0.05, f"p99 is {most * 1e3:.0f} ms")


def bound(share, part):
    """The first look at which so many went by it: when so many of them had said so."""
    for look in LOOKS:
        if sum(is_applied for is_applied, _ in share[look]) >= part * len(share[look]):
            return quantile([at for _, at in share[look]], part)
    return float("inf")


def sleep_until(instants, version, after):
    end = eventually(lambda: instants.get(version), 5) + after
    time.sleep(max(0, end - time.time()))


def judge(audience, look):
    """Of each replica, the first time that it tells by what it goes after `look`: whether it is the last weight, and how long after that."""
    begin, found = audience.monitor.told[audience.leader.version], {}
    for at, replica, version in audience.monitor.acks_since(begin + look / 1_000):
        found[replica] = (version == audience.leader.version, at - begin)
    return list(found.values())


def untold(audience, times):
    """Nobody hears of it: each replica asks once a second."""
    asked, late, applied = [], [], []
    for _ in range(times):
        time.sleep(random.random())
        audience.decide(tells=False)
        version = audience.leader.version
        sleep_until(audience.monitor.written, version, 1.5)
        begin = audience.monitor.written[version]
        first = {}
        for at, replica, _ in audience.monitor.acks_since(begin):
            first[replica] = at - begin
        asked += first.values()
        audience.ask()
        time.sleep(0.3)
        answers = {}
        for at, replica, its in audience.monitor.acks_since(begin + 1.5):
            answers[replica] = its == version
        applied += answers.values()
        late.append(audience.replicas - sum(answers.values()))
        demand(audience.all_apply(), "a weight that was not told is not applied")
    print(
        f"push: untold, {times} times: {len(asked)} replicas asked {quantile(asked, 0.5) * 1e3:.0f} ms after it was written (p50), p99"
        f" {quantile(asked, 0.99) * 1e3:.0f} ms, max {max(asked) * 1e3:.0f} ms; after 1.5 s {sum(applied)} of {len(applied)} go by it")
    demand_in_time(sum(applied) >= 0.99 * len(applied), f"after 1.5 s {sum(applied)} of {len(applied)} go by it")
