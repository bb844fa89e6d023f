"""Two releases side by side, as while a cluster is upgraded: whichever leads, both go by the same."""

import itertools
import json
import os
import pathlib
import subprocess
import time

from canaries import Journal, Load, Stand
from cluster import eventually
from demands import demand
from leading import Leader
from support import KEYS, Router

# Steps that the little traffic of a test passes within seconds.
QUICK = (
    "steps: [40, 50], min_requests: 50, min_time: 8s, traffic_hour: 8s, bake_time: 0s, lease: 2s, error_ratio: 10, latency_ratio: 10,"
    " cost_ratio: 10")
MODELS = {"small": "sim-small", "large": "sim-large"}
PATIENCE = 150


class Mixed(Stand):
    """A replica of each release."""

    def __init__(self, older):
        self.kinds = {"older": type("Older", (Router,), {"binaries": pathlib.Path(older)}), "newer": Router}
        self.numbers = itertools.count(20)

        def make(number, path, port, admin):
            return list(self.kinds.values())[number](path, KEYS, port, admin)

        super().__init__(2, QUICK, make=make)

    def of(self, kind):
        return self.routers[list(self.kinds).index(kind)]

    def call(self, kind, *words, text=None):
        """The command line of that release."""
        run = subprocess.run(
            [self.kinds[kind].binaries / "switchyard", *map(str, words), "--config", self.of(kind).config], capture_output=True, text=True,
            input=text, env={**os.environ, **KEYS}, timeout=60)
        demand(run.returncode == 0, f"the {kind} release says to {words}: {run.stderr}")
        return run.stdout.strip()

    def led_by(self, kind, load):
        """Ends whoever else leads, and starts it again."""
        leader = self.leader()
        if leader is self.of(kind):
            return
        address = ("127.0.0.1", leader.port)
        load.leave(address)
        time.sleep(1)
        leader.stop()
        demand(eventually(lambda: self.leader() is self.of(kind), 20), f"the {kind} release does not lead")
        self.replace(leader)
        load.back(address)

    def tries(self, kind):
        """Starts a version that runs elsewhere than what serves: its number and its deployment."""
        serving = self.state().get("active")
        former = json.loads(self.redis.command("HGET", "sy:{ro}:bundles:chat", serving))["deployment"] if serving else "small"
        number, deployment = next(self.numbers), "large" if former == "small" else "small"
        self.call(kind, "bundles", "register", "-", text=f"model: chat\nversion: {number}\ndeployment: {deployment}\n")
        self.call(kind, "rollout", "start", "chat", number)
        return number, deployment

    def agree(self):
        """Whether both go by what is in Redis."""
        epoch, version, digest = self.redis.command("HMGET", "sy:{ro}:cfg", "epoch", "ver", "hash")
        words = self.redis.command("HGETALL", "sy:{ro}:ack")
        live = [text for text in words[1::2] if time.time() * 1_000 - int(text.split()[2]) < 3_000]
        return len(live) == 2 and all(text.split()[:2] == [f"{epoch}.{version}", digest] for text in live)

    def comes_to(self, what, check):
        begin = time.time()
        demand(eventually(check, PATIENCE), f"{what}: {self.state()}; {self.audit()[-1]}; {self.call('newer', 'rollout', 'status', 'chat')}")
        demand(eventually(self.agree, 10), f"{what}: they do not go by the same: {self.redis.command('HGETALL', 'sy:{ro}:ack')}")
        return time.time() - begin

    def said(self, kind):
        """What a release has warned of: each message with its metadata but for times, and how often."""
        found = {}
        for router in [*self.former, *self.routers]:
            if isinstance(router, self.kinds["older"]) != (kind == "older"):
                continue
            for line in list(router.lines):
                if '"warning"' in line or '"error"' in line:
                    record = json.loads(line)
                    text = ", ".join(f"{name} {value}" for name, value in record.items() if name not in ("ts", "level", "logger"))
                    found[text] = found.get(text, 0) + 1
        return found


def side_by_side(seconds=0, older=None):
    """A replica of an older release beside one of this: each of the two leads a version from its start to its promotion, and one to its
    rollback; then they take turns within one rollout. `--older` says where the other binaries are."""
    demand(older, "say --older DIR")
    with Mixed(older) as stand, Load([("127.0.0.1", router.port) for router in stand.routers], 100) as load, Journal(stand.redis) as journal:
        for kind in stand.kinds:
            stand.led_by(kind, load)
            number, _ = stand.tries(kind)
            took = stand.comes_to(f"{number} does not serve", lambda: stand.state().get("active") == str(number))
            print(f"releases: led by the {kind}: version {number} serves after {took:.0f} s", flush=True)
            number, deployment = stand.tries(kind)
            demand(eventually(lambda: float(stand.state().get("weight", 0)) > 0, PATIENCE), f"no step began: {stand.state()}")
            stand.fails(*(0.15 if name == deployment else 0 for name in MODELS))  # fewer than open a breaker
            took = stand.comes_to(f"{number} is not rolled back", lambda: str(number) in stand.state().get("rolledback", "").split(","))
            stand.fails(0, 0)
            print(f"releases: led by the {kind}: version {number} rolled back {took:.0f} s after it began to fail", flush=True)
        stand.led_by("newer", load)
        number, _ = stand.tries("newer")
        demand(eventually(lambda: float(stand.state().get("weight", 0)) > 0, PATIENCE), f"no step began: {stand.state()}")
        stand.led_by("older", load)
        demand(eventually(lambda: stand.state().get("step") == "1", PATIENCE), f"no second step: {stand.state()}, {stand.audit()[-1]}")
        print(f"releases: begun by the newer, led on by the older: {stand.redis.command('HGET', 'sy:{ro}:cfg', 'm:chat')}", flush=True)
        stand.led_by("newer", load)
        took = stand.comes_to(f"{number} does not serve", lambda: stand.state().get("active") == str(number))
        print(f"releases: led in turn: version {number} serves {took:.0f} s after the last change of leaders")
        words_of_a_third(stand, load)
        statuses = [answer.status for answer in load.answers]
        conflicts = stand.logged("somebody else has written")
        versions = [int(value[1]) for value in journal.of("cfg")]
        print(
            f"releases: {len(statuses)} requests, {sum(status != 200 for status in statuses)} not answered; {versions[-1]} versions,"
            f" {len(conflicts)} conflicts; epochs {len(set(journal.epochs('lease')))}")
        for record in stand.exchanges():
            if record["status"] != 200:
                print(f"releases: not answered: {record}")
        for kind in stand.kinds:
            for text, count in stand.said(kind).items():
                print(f"releases: the {kind} says {count} times: {text}")
        demand(all(status == 200 for status in statuses), "requests failed")
        demand(not conflicts and versions == sorted(versions), f"conflicts: {conflicts}; {versions}")


def words_of_a_third(stand, load):
    """A release that is later than both has decided something: each of the two says that it does not know it, and keeps it."""
    leader, line = Leader(stand.redis), stand.redis.command("HGET", "sy:{ro}:cfg", "m:chat")
    leader.version = int(stand.redis.command("HGET", "sy:{ro}:cfg", "ver"))
    leader.stamp()
    leader.decide(f"{line} colour95=7")
    demand(eventually(stand.agree, 10), "they do not go by what a later release has decided")
    stand.redis.command("HSET", "sy:{ro}:lease", "until", int(time.time() * 1_000), "span", 0)
    for kind in stand.kinds:
        demand(
            any("does not know" in text and "colour95" in text for text in stand.said(kind)), f"the {kind} release does not say what it does not know")
        stand.led_by(kind, load)
        stand.tries(kind)
        stand.call(kind, "rollout", "abort", "chat")
        line = stand.redis.command("HGET", "sy:{ro}:cfg", "m:chat")
        demand(line.endswith(" colour95=7"), f"the {kind} release has dropped what it does not know: {line}")
    print("releases: each says that it does not know a word of a later one, and keeps it as it leads")
