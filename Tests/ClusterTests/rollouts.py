"""The figures of rollouts: who leads when leaders die or stand still, and how soon a version that does harm is left alone whatever dies
beside it."""

import itertools
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time

from canaries import STEPS, Evidence, Journal, Load, Stand, ratio_rule, success_checks
from cluster import Connection, eventually
from demands import Missed, demand, demand_in_time
from partition import REDIS, Namespace, Replica, run
from support import KEYS, Router

INSIDE = "SWITCHYARD_ROLLOUTS"

# ---- A10: leaders ------------------------------------------------------------------------------------------------------

def leaders_fall(seconds=60):
    """The leader is killed, then the next one stopped for 20 s, with a rollout under way: how soon another leads, and that who was stopped
    writes nothing more. As often as there are half minutes."""
    rounds, pause, lease = (seconds // 30, 20, 5) if seconds >= 30 else (1, 4, 2)
    settings = f"{STEPS}, lease: {lease}s, min_requests: 50"
    with Stand(rollout=settings) as stand, Load(addresses(stand), 40) as load, Journal(stand.redis) as journal:
        stand.fails(0.01, 0.01)
        stand.try_it()
        falls = {"killed": [], "stopped": []}
        for _ in range(rounds):
            leader = stand.leader()
            load.leave(address(leader))
            falls["killed"].append(next_leader(journal, lambda: stand.kill(leader)))
            stand.replace(leader)
            load.back(address(leader))
            falls["stopped"].append(stopped(stand, load, journal, pause))
        conflicts = stand.logged("somebody else has written")
        order = [(int(entry["epoch"]), int(entry["ver"])) for entry in stand.audit() if entry["what"] != "register"]
        print(
            f"A10: {rounds} leaders killed, {rounds} stopped for {pause} s, 3 replicas, lease {lease} s: another one led after"
            f" {', '.join(f'{took:.1f}' for took in falls['killed'])} s and {', '.join(f'{took:.1f}' for took in falls['stopped'])} s;"
            f" {len(set(order))} versions in {len(set(journal.epochs('lease')))} epochs, {len(conflicts)} conflicts")
        demand(not conflicts, f"conflicts: {conflicts}")
        demand(order == sorted(order), f"versions are out of order: {order}")
        for name in ("lease", "cfg", "judge", "stamp"):
            epochs = journal.epochs(name)
            demand(epochs == sorted(epochs), f"an earlier leader wrote {name}: {epochs}")
        versions = [int(value[1]) for value in journal.of("cfg")]
        demand(versions == sorted(versions), f"a version fell: {versions}")
        demand(stand.state().get("candidate") == "12", "the rollout was lost")
        demand_in_time(max(falls["killed"] + falls["stopped"]) <= 7, "it took more than 7 s")


def next_leader(journal, fall):
    """Ends a leadership, and waits for the next: how long nobody led, by Redis' clock, which is this machine's."""
    epoch = journal.epochs("lease")[-1]
    begin = fall()
    demand(eventually(lambda: journal.epochs("lease")[-1] > epoch, 30), "nobody else leads")
    return int(journal.of("lease")[-1][2]) / 1_000 - begin


def stopped(stand, load, journal, pause):
    """Stops the leader; another one writes; the first one goes on."""
    leader = stand.leader()
    load.leave(address(leader))
    former = journal.of("lease")[-1]

    def stop():
        leader.signal(signal.SIGSTOP)
        return time.time()

    begin = time.time()
    took = next_leader(journal, stop)
    try:
        for deed in ("pause", "resume"):
            code, text = stand.rollout(deed, "chat")
            demand(code == 0, text)
        time.sleep(max(0, begin + pause - time.time()))
    finally:
        leader.signal(signal.SIGCONT)
    resumed = time.time()
    time.sleep(3)
    load.back(address(leader))
    for name in ("lease", "cfg", "judge", "stamp"):
        later = journal.epochs(name, resumed)
        demand(all(epoch > int(former[0]) for epoch in later), f"who was stopped wrote {name}: {later}")
    demand(eventually(lambda: journal.of("judge", resumed), 10), "nothing is judged any more")
    demand(all(value[2] != former[1] or int(value[0]) > int(former[0]) for value in journal.of("cfg", resumed)), "it wrote the configuration")
    ended = eventually(lambda: leader.metric("switchyard_control_leader_epoch") == 0, 5)
    demand(ended, "who was stopped still takes itself for the leader")
    return took


# ---- A11: rollbacks ----------------------------------------------------------------------------------------------------

class Harm:
    """A rollback of version 12, from the first request that failed to the last that went there."""

    def __init__(self, stand, since):
        canaries = stand.canaries(since)
        bad = [record["at"] for record in canaries if record["failed"]]
        demand(bad, "no request of the canary failed")
        self.took = max(record["at"] for record in canaries) - bad[0]
        self.requests, self.failed = len(canaries), len(bad)
        rollbacks = [entry for entry in stand.audit() if entry["what"] == "rollback"]
        self.why = rollbacks[-1]["why"] if rollbacks else "-"
        self.decided = rollbacks[-1]["ms"] / 1_000 - bad[0] if rollbacks else float("nan")
        self.seconds, self.begin = stand.counts(), int(since) + 1
        enough = Evidence.suffices(self.seconds, self.begin)  # the second in which the step began is not judged
        self.enough = float("nan") if enough is None else enough + 1 - bad[0]

    @property
    def text(self):
        return (
            f"{self.took:5.1f} s to the last canary request ({self.failed} of {self.requests} failed); rolled back for {self.why} at"
            f" {self.decided:.1f} s; the errors' counts were enough at {self.enough:.1f} s")


def a_version_fails(seconds=60, cycles=2):
    """A canary of 5 % at 100 requests a second over 3 replicas, whose errors go from 1 % to 10 % as its step begins: from the first bad
    request to the last canary request on any replica. Plain, and with its leader killed or stopped, Redis killed (for 5 s, for 15 s
    with all of its data lost, for 45 s), a replica cut off; `--cycles` times each. In short, one plain time and harm that shows sooner."""
    if seconds < 60:
        return rollbacks("plain", 1, rate=60, harm=0.5)
    missed = []
    for way in WAYS:
        try:
            rollbacks(way, cycles)
        except Missed as miss:
            missed.append(f"{way}: {miss}")
    demand(not missed, "; ".join(missed))


def rollbacks(way, cycles, rate=100, harm=0.1):
    if way == "cut off" and INSIDE not in os.environ:
        return outside(cycles)
    harms = []
    for _ in range(cycles):
        with (Inside() if way == "cut off" else Stand()) as stand, Load(addresses(stand), rate) as load:
            harms.append(rollback(way, stand, load, harm))
        print(f"A11, {way}: {harms[-1].text}", flush=True)
    took = sorted(each.took for each in harms)
    print(f"A11, {way}: {cycles} times: median {statistics.median(took):.1f} s, max {took[-1]:.1f} s")
    if way == "plain":
        for each in harms:
            print(f"A11, {way}: {rules(each.seconds, each.begin)}")
    demand_in_time(took[-1] <= 60, f"it took {took[-1]:.1f} s")


def address(router):
    return (router.namespace.address if isinstance(router, Replica) else "127.0.0.1", router.port)


def addresses(stand):
    return [address(router) for router in stand.routers]


def rollback(way, stand, load, harm):
    stand.fails(0.01, harm)
    begin = stand.try_it()
    # The first weight counts once a leader has said that it looks after it: what dies before that exposes nobody.
    if way != "plain":
        exposed = eventually(lambda: len({record["replica"] for record in stand.canaries()}) == len(stand.routers), 20)
        demand(exposed, "a replica has sent nobody to the canary")
    undo = WAYS[way](stand, load) or (lambda: None)
    is_over = eventually(lambda: stand.state().get("rolledback") == "12", 120)
    demand(is_over, f"it was not rolled back: {stand.state()}")
    undo()
    # A replica that hears of nothing gives a weight up after 30 s.
    time.sleep(max(4, begin + 36 - time.time()) if way == "cut off" else 4)
    return Harm(stand, begin)


def leader_killed(stand, load):
    leader = stand.leader()
    load.leave(address(leader))
    stand.kill(leader)


def leader_stopped(stand, load):
    """For 20 s; in its last second clients come back, and find it as it was."""
    leader = stand.leader()
    load.leave(address(leader))
    leader.signal(signal.SIGSTOP)

    def go_on():
        time.sleep(19)
        load.back(address(leader))
        time.sleep(1)
        leader.signal(signal.SIGCONT)

    thread = threading.Thread(target=go_on)
    thread.start()
    return thread.join


def redis_killed(stand, load, away=5, is_kept=True):
    stand.redis.kill()
    if not is_kept:
        shutil.rmtree(os.path.join(stand.redis.folder, "appendonlydir"), ignore_errors=True)
    threading.Timer(away, stand.redis.start).start()


def redis_lost(stand, load):
    redis_killed(stand, load, away=15, is_kept=False)


def redis_away(stand, load):
    """For longer than a weight counts of which nothing is heard."""
    redis_killed(stand, load, away=45)


def cut_off(stand, load):
    """The replica that has a namespace of its own hears nothing of Redis any more."""
    stand.routers[0].namespace.cut(REDIS)


WAYS = {
    "plain": lambda stand, load: None, "leader killed": leader_killed, "leader stopped": leader_stopped, "Redis killed": redis_killed,
    "Redis lost": redis_lost, "Redis away": redis_away, "cut off": cut_off}


class Inside(Stand):
    """Redis and the provider on a bridge; of the replicas the first one has a namespace there."""

    numbers = itertools.count()  # a namespace that was deleted keeps its link for a while

    def __init__(self):
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "bridge", "type", "bridge")
        run("ip", "link", "set", "bridge", "up")
        for address in ("10.91.0.1", REDIS):
            run("ip", "addr", "add", f"{address}/24", "dev", "bridge")
        self.namespace = Namespace(next(self.numbers))

        def make(number, path, port, admin):
            return Replica(self.namespace, path, port, admin) if number == 0 else Router(path, KEYS, port, admin)

        super().__init__(
            redis=("--bind", f"127.0.0.1 {REDIS}", "--protected-mode", "no"), simulator=("--host", "10.91.0.1"),
            addresses=("0.0.0.0", REDIS), make=make)

    def stop(self):
        super().stop()
        self.namespace.stop()
        run("ip", "link", "del", "bridge")


def outside(cycles):
    """In a namespace of its own, where nothing of this machine is touched."""
    done = subprocess.run(
        ["unshare", "--net", "--mount", sys.executable, "-B", __file__, str(cycles)], env={**os.environ, INSIDE: "1"})
    demand(done.returncode == 0, "see above")


def harm_without_redis(seconds=25):
    """Four of ten of the canary's answers become errors, and Redis dies: each replica ends it by what it has seen itself, sooner than its
    weight ends for want of a leader."""
    with Stand(rollout="steps: [20, 50], min_requests: 50") as stand, Load(addresses(stand), 100) as load:
        stand.fails(0.01, 0)
        stand.try_it()
        exposed = eventually(lambda: len({record["replica"] for record in stand.canaries()}) == len(stand.routers), 20)
        demand(exposed, "a replica has sent nobody to the canary")
        stand.redis.kill()
        since = time.time()
        stand.fails(0.01, 0.4)
        ended = eventually(
            lambda: all(router.metric("switchyard_rollout_local_vetoes_total") > 0 for router in stand.routers), seconds)
        time.sleep(1)
        canaries = stand.canaries(since)
        failed, last = sum(record["failed"] for record in canaries), max((record["at"] - since for record in canaries), default=0)
        vetoes = [router.metric("switchyard_rollout_local_vetoes_total") for router in stand.routers]
        stand.redis.start()
        told = eventually(lambda: stand.state().get("rolledback") == "12", 30)
        print(
            f"away: {failed} of {len(canaries)} canary requests failed since Redis died, the last one was sent {last:.1f} s after;"
            f" replicas that ended it themselves: {vetoes}; rolled back once Redis was there again: {bool(told)}")
        demand(ended, f"a replica has not ended it by itself within {seconds} s: {vetoes}")
        demand(told, "it was not rolled back afterwards")


# ---- What is forgotten, and who goes on ------------------------------------------------------------------------------------

def config_forgotten(seconds=30):
    """A failover that keeps the lease and has the configuration from before a rollback, or none; and one at which the leader dies: what was
    rolled back is told again, and gets nothing."""
    settings = "steps: [50, 60], min_requests: 50"
    with Stand(rollout=settings) as stand, Load(addresses(stand), 60) as load, Journal(stand.redis) as journal:
        stand.try_it()
        demand(eventually(lambda: len(stand.canaries()) >= 20, 10), "the canary gets nothing")
        with Connection(stand.redis.port) as connection:
            connection.call("COPY", CONFIG, "older")
        code, text = stand.rollout("abort", "chat")
        demand(code == 0, text)
        ended = eventually(lambda: not any(
            router.metric("switchyard_rollout_weight", model="chat", arm="canary") for router in stand.routers), 10)
        demand(ended, "a replica goes on")
        time.sleep(1.5)  # whoever may lead next has looked at it by then
        rolled_back, since = max(int(value[1]) for value in journal.of("cfg")), time.time()
        told = {way: forget(stand, load, way) for way in ("older", "none", "older, leader killed")}
        after = stand.canaries(since)
        print(
            f"forgotten: the configuration is that from before a rollback, or none; told again after"
            f" {', '.join(f'{took:.1f} s ({way})' for way, took in told.items())}; {len(after)} canary requests meanwhile")
        demand(not after, f"what was rolled back got {len(after)} requests")
        wrong = [value for value in journal.of("cfg", since) if int(value[1]) > rolled_back and "rolledback=12" not in value[3]]
        demand(not wrong, f"it was written without the rollback: {wrong}")
        code, text = stand.rollout("start", "chat", 12)
        demand(code == 1 and "rolled back, which is for ever" in text, f"it may be tried again: {text}")
        demand_in_time(max(told["older"], told["none"]) <= 5, "it took more than 5 s to be told again")


CONFIG = "sy:{ro}:cfg"


def forget(stand, load, way):
    """Sets the configuration back: seconds until Redis has the rollback again."""
    begin = time.time()
    with Connection(stand.redis.port) as connection:
        if way == "none":
            connection.call("DEL", CONFIG)
        else:
            connection.call("COPY", "older", CONFIG, "REPLACE")
    if "killed" in way:
        leader = stand.leader()
        load.leave(address(leader))
        stand.kill(leader)
    demand(eventually(lambda: stand.state().get("rolledback") == "12", 30), f"the rollback is lost: {stand.state()}")
    took = time.time() - begin
    time.sleep(2)
    return took


def forgotten_at_once(seconds=20):
    """A failover that loses a rollback of this moment, and at which the leader dies: only replicas have heard of it. What was rolled back
    gets nothing by itself."""
    settings = "steps: [50, 60], min_requests: 50"
    with Stand(rollout=settings) as stand, Load(addresses(stand), 60) as load, Journal(stand.redis) as journal:
        stand.try_it()
        demand(eventually(lambda: len(stand.canaries()) >= 20, 10), "the canary gets nothing")
        leader = stand.leader()
        with Connection(stand.redis.port) as connection:
            connection.call("COPY", CONFIG, "older")
            code, text = stand.rollout("abort", "chat")
            connection.call("COPY", "older", CONFIG, "REPLACE")
        demand(code == 0, text)
        load.leave(address(leader))
        since = stand.kill(leader)
        time.sleep(seconds)
        after = [record["at"] - since for record in stand.canaries(since + 1)]
        lines = [f"{int(value[1])}: {value[3]}" for value in journal.of("cfg", since + 1)]
        print(f"forgotten at once: {len(after)} canary requests in {seconds} s; written since: {lines}")
        demand(not after, f"what was rolled back got {len(after)} requests, the first after {after[0] if after else 0:.1f} s")


def leaders_in_turn(seconds=60):
    """The leader is killed each 10 s while a canary of 5 % fails six times as often as the baseline: how much later than its evidence
    the verdict comes."""
    interval, canary, settings = (10, 16, STEPS) if seconds >= 60 else (4, 4, f"{STEPS}, lease: 2s, min_requests: 50")
    with Stand(rollout=settings) as stand, Load(addresses(stand), 100 if seconds >= 60 else 60) as load:
        stand.fails(100, canary)
        begin, kills = stand.try_it(), 0
        end = threading.Event()

        def kill():
            nonlocal kills
            while not end.wait(interval):
                leader = stand.leader()
                if end.is_set():
                    return
                load.leave(address(leader))
                stand.kill(leader)
                kills += 1
                stand.replace(leader)
                load.back(address(leader))

        thread = threading.Thread(target=kill)
        thread.start()
        try:
            is_over = eventually(lambda: stand.state().get("rolledback") == "12", 240)
        finally:
            end.set()
            thread.join()
        demand(is_over, f"it was not rolled back: {stand.state()}")
        time.sleep(3)
        found = Harm(stand, begin)
        # A second is folded three seconds after its end, by a leader who looks each second.
        moved = found.decided - found.enough - 4
        print(f"in turn: {kills} leaders killed, one each {interval} s: {found.text}; the verdict moved by {max(0, moved):.1f} s")
        demand(kills > 0, "no leader was killed")
        demand_in_time(moved <= 5, f"the verdict moved by {moved:.1f} s")


# ---- Beside it: other rules ----------------------------------------------------------------------------------------------

def rules(seconds, begin):
    """What rules of thresholds make of the same seconds."""
    checks = success_checks(seconds, begin)
    failed = [number + 1 for number, (is_failed, _) in enumerate(checks) if is_failed]
    rates = ", ".join(f"{rate:.2%}" for _, rate in checks)
    first, hits, looks = ratio_rule(seconds, begin)
    length = max(seconds, default=begin) - begin + 1
    evidence = Evidence.suffices(seconds, begin)
    return (
        f"in {length} s: success rate >= 99 % in each minute: {len(checks)} checks, {len(failed)} failed ({rates or 'the first one is at 60 s'}),"
        f" rolled back with 1 failed check at {f'{60 * failed[0]} s' if failed else '-'},"
        f" with 5 at {f'{60 * failed[4]} s' if len(failed) > 4 else '-'}; rolling minute with more than 1.5 times the errors: rolled back"
        f" {f'at {first} s, and in {hits} of {looks} seconds' if first is not None else 'never'};"
        f" the sequential test: {'never' if evidence is None else f'at {evidence + 1 - begin} s'}")


def nothing_fails(seconds=300):
    """The same canary, as good as the baseline: 1 % of both fail. What is done, and what rules of thresholds would do."""
    with Stand() as stand, Load(addresses(stand), 100):
        stand.fails(0.01, 0.01)
        begin = stand.try_it()
        time.sleep(seconds)
        state, counts = stand.state(), stand.counts()
        print(f"null: {rules(counts, int(begin) + 1)}")
        demand(state.get("candidate") == "12" and "rolledback" not in state, f"it was rolled back: {stand.audit()[-1]}")


if __name__ == "__main__":
    try:
        rollbacks("cut off", int(sys.argv[1]))
    except Missed as missed:
        sys.exit(f"missed: {missed}")
