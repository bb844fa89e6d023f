"""The figures of clocks that jump while a version is tried: Redis' clock, and that of a replica's machine."""

import datetime
import json
import time

from canaries import Journal, Load, Stand
from clocked_redis import ClockedRedis, FakeClock
from cluster import eventually
from demands import demand, demand_in_time
from leading import Leader
from rollouts import addresses
from support import KEYS, Router

HOUR = 3_600
# What a stamp counts for, and how far a clock that goes back makes it younger at most.
LIFETIME, TOLERANCE = 30, 5


class Clocked(Stand):
    """Redis, and the machine of the first replica, have clocks of their own."""

    def __init__(self, rollout, replicas=3):
        self.clock = FakeClock()

        def make(number, path, port, admin):
            # libfaketime changes the environment, beyond which Swift looks for arguments; but not if whoever ran this one has done so.
            return Router(path, {**KEYS, **self.clock.environment}, port, admin, ("env",)) if number == 0 else Router(path, KEYS, port, admin)

        super().__init__(replicas, rollout, ClockedRedis(time.time()), make=make)

    def jumps(self, redis, machine=0):
        """By so many seconds each: when."""
        self.redis.jump(redis)
        self.clock.jump(machine)
        return time.time()

    def is_ahead(self):
        """Whether the first replica goes by the clock of its machine."""
        line = next((line for line in reversed(list(self.routers[0].lines)) if '"duration_us"' in line), None)
        at = datetime.datetime.fromisoformat(json.loads(line)["ts"]).timestamp() if line else 0
        return abs(at - time.time() - self.clock.ahead) < 5

    def sent(self, since):
        """When the canary was asked since then, by the provider, whose clock is the machine's."""
        return sorted(entry["time"] for entry in self.simulator.log() if entry["model"] == "sim-large" and entry["time"] >= since)

    def is_judged(self):
        """Whether the last seconds of Redis' clock are folded."""
        return abs(self.redis.now - int(self.redis.command("HGET", "sy:{ro}:judge:chat", "second") or 0)) < 6

    def wrong(self):
        """What must not happen to a version that does no harm, whatever clocks say."""
        what = [entry["what"] for entry in self.audit() if entry["what"] not in ("register", "start", "begin", "promote", "clock")]
        return what + self.logged("somebody else has written") + self.redis.command("HKEYS", "sy:{ro}:veto")

    def stop(self):
        super().stop()
        self.clock.stop(self.routers[0].process.pid)


# Seconds by which Redis' clock goes on, and the replica's.
WAYS = [(HOUR, 0), (-HOUR, 0), (20, 0), (-20, 0), (-4, 0), (0, HOUR), (0, -HOUR), (HOUR, -HOUR), (-HOUR, HOUR)]


def rollouts_over_jumps(seconds=150):
    """Clocks jump while a version that does no harm is tried: it is not rolled back, goes on being tried, and its harm is found afterwards;
    a step that began before a jump back passes all the same."""
    ways = WAYS if seconds >= 60 else WAYS[-2:]
    pause = max(4, (seconds - 30) / len(ways))
    with Clocked("steps: [20, 30], min_requests: 50, lease: 2s") as stand:
        with Load(addresses(stand), 60) as load, Journal(stand.redis) as journal:
            stand.fails(100, 100)
            stand.try_it()
            demand(eventually(lambda: len(stand.sent(0)) >= 20, 20), "the canary gets nothing")
            for way in ways:
                over_jump(stand, journal, way, pause)
            since = time.time()
            stand.fails(0, 0.5)
            ended = eventually(lambda: stand.state().get("rolledback") == "12", 60)
            took, statuses = time.time() - since, [answer.status for answer in load.answers]
            print(
                f"clocks: {len(ways)} jumps: {len(statuses)} requests, {sum(status != 200 for status in statuses)} not answered; harm that"
                f" began afterwards was rolled back after {took:.1f} s")
            demand(ended, f"harm is not found any more: {stand.state()}")
            demand(all(status == 200 for status in statuses), "requests failed")
            versions = [int(value[1]) for value in journal.of("cfg")]
            demand(versions == sorted(versions), f"a version fell: {versions}")


def over_jump(stand, journal, way, pause):
    at = stand.jumps(*way)
    judged = eventually(stand.is_judged, 90) and time.time() - at
    time.sleep(max(0, at + pause - time.time()))
    sent = [at, *stand.sent(at), time.time()]
    gap = max(later - earlier for earlier, later in zip(sent, sent[1:]))
    epochs = len(set(journal.epochs("lease", at)))
    print(
        f"clocks: Redis' goes {way[0]:+} s, a replica's {way[1]:+} s: all is judged again after {judged or float('nan'):.1f} s, {epochs} new"
        f" epochs; the canary had {(len(sent) - 2) / (time.time() - at):.1f} requests a second, and none for {gap:.1f} s at most", flush=True)
    demand(not stand.wrong(), f"after {way}: {stand.wrong()}")
    demand(eventually(stand.is_ahead, 5), "the replica's clock has not jumped, so the figure says nothing")
    demand(judged, "nothing is judged any more")
    state = stand.state()
    demand(state.get("candidate") == "12" and "hold" not in state, f"it is not tried any more: {state}")
    demand_in_time(gap <= 8, f"the canary had nothing for {gap:.1f} s")


def a_step_over_a_jump_back(seconds=40):
    """A step begins while Redis' clock is an hour ahead, which then goes back: the step passes when its time is over, not an hour later."""
    quick = (
        "steps: [40, 50], min_requests: 50, min_time: 2s, traffic_hour: 2s, bake_time: 0s, lease: 2s, error_ratio: 10, latency_ratio: 10")
    with Clocked(quick, 2) as stand, Load(addresses(stand), 100):
        stand.redis.jump(HOUR)
        stand.try_it()
        begin = stand.jumps(-HOUR)
        passed = eventually(lambda: stand.state().get("step") != "0", seconds)
        print(f"clocks: a step that began an hour ahead passed {time.time() - begin:.1f} s after the clock went back: {bool(passed)}")
        demand(passed, f"the step lasts for another hour: {stand.state()}")


def exposed_without_a_leader(seconds=60):
    """Whoever leads looks after nothing any more, and Redis' clock goes back by as much as the last stamp is old: by true time nobody is sent
    to the canary for longer than a stamp counts."""
    back = min(25, seconds / 2)
    with Clocked("steps: [20, 30], min_requests: 50, lease: 2s", 2) as stand, Load(addresses(stand), 40), Journal(stand.redis) as journal:
        stand.try_it()
        demand(eventually(lambda: len(stand.sent(0)) >= 20, 20), "the canary gets nothing")
        # It has the lease for an hour, by its own word, and says nothing.
        other, now = Leader(stand.redis), int(stand.redis.now * 1_000)
        stand.redis.command(
            "HSET", "sy:{ro}:lease", "id", "test", "epoch", max(other.epoch, now), "until", now + 3_600_000, "since", now, "span", 3_600_000)
        time.sleep(2)
        stamped = journal.seen["stamp"][-1][0]
        time.sleep(max(0, stamped + back - time.time()))
        stand.jumps(-back)
        time.sleep(max(0, stamped + 2 * LIFETIME + TOLERANCE - time.time()))
        last = stand.sent(0)[-1] - stamped
        print(f"clocks: {back:.0f} s after the last stamp Redis' clock went back {back:.0f} s: the canary was asked until {last:.1f} s after it")
        demand(journal.seen["stamp"][-1][0] == stamped, "somebody else has stamped")
        demand(last <= LIFETIME + TOLERANCE, f"it was exposed for {last:.1f} s without a leader")
        demand(last >= back, "it had ended before the clock went back")
