"""The figure of Redis' clock that jumps an hour either way."""

import asyncio
import threading
import time

from clocked_redis import ClockedRedis, instant
from cluster import Client, Cluster, Connection, eventually
from demands import demand, demand_in_time
from spending import TENANT, ask_for, budgets, costs, is_settled, reservations

CAPACITY, RATE, PLACES = 300, 120, 20
SLOTS = TENANT + "sem:tenant:acme"
HOUR = 3_600
LOOK = "return {redis.call('TIME'), redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')}"


class SlotWatch:
    """Looks at who holds slots, and how long by Redis' clock, ten times a second."""

    def __init__(self, redis):
        self.redis, self.samples, self.ends = redis, [], threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self):
        with Connection(self.redis.port) as connection:
            while not self.ends.wait(0.1):
                (seconds, millionths), words = connection.call("EVAL", LOOK, 1, SLOTS)
                now = int(seconds) * 1_000 + int(millionths) // 1_000
                held = {holder: int(end) - now for holder, end in zip(words[::2], words[1::2])}
                self.samples.append((time.monotonic(), held))

    def stop(self):
        self.ends.set()
        self.thread.join()

    def before(self, end):
        """Who held slots, in the last half second before `end`."""
        return [held for at, held in self.samples if at < end][-5:]

    def since(self, begin):
        return [held for at, held in self.samples if at >= begin]

    def first(self, begin, holds):
        """Seconds from `begin` until `holds` of who holds slots; None where it never does."""
        return next((at - begin for at, held in self.samples if at >= begin and holds(held)), None)


class Jumps:
    """Load over a Redis whose clock goes an hour ahead after a third of the time, and back after two."""

    LIMITS = (
        f"{{ requests: {CAPACITY}, per: minute }}, {{ concurrent: {PLACES} }}, {{ dollars: 9, per: hour }},"
        " { dollars: 99, per: day }")

    def __init__(self, redis, cluster, seconds):
        self.redis, self.cluster, self.third = redis, cluster, seconds / 3
        self.ports = [router.port for router in cluster.routers]
        self.load = Client(self.ports, ask_for())
        # These run over the jump ahead, and until their slots must have been renewed. One token is less than was reserved, 400 are more.
        self.across = [self.lasting(self.third + 12, tokens=tokens) for tokens in (1, 400)]
        self.later = self.lasting(self.third + 1)  # over the jump back
        self.tasks, self.at, self.lost, self.before = [], [], [], {}

    def lasting(self, seconds, **directive):
        return Client(self.ports, ask_for(ttft=f"{seconds * 1_000:.0f}ms", **directive), patience=seconds + 30)

    async def run(self):
        third = self.third
        await self.load.run(RATE, 3 * third, [
            (1, lambda: self.hold(*self.across)), (third, self.ahead), (third + 1, lambda: self.hold(self.later)),
            (2 * third - 1, self.die), (2 * third, self.back)])
        self.at.append(time.monotonic())
        await asyncio.gather(*self.tasks)

    def hold(self, *clients):
        self.tasks += [asyncio.create_task(client.ask(port)) for client in clients for port in self.ports]

    def ahead(self):
        with Connection(self.redis.port) as connection:
            connection.call("CLIENT", "PAUSE", 1_000, "WRITE")  # so that what is read is what will have expired
            self.lost = reservations(connection)
            self.before = budgets(self.redis)
            self.jump(HOUR)
            connection.call("CLIENT", "UNPAUSE")

    def die(self):
        """Leaves a slot behind, as a replica does that is killed."""
        self.redis.command("ZADD", SLOTS, int(self.redis.now * 1_000) + 30_000, "dead")

    def back(self):
        self.jump(-HOUR)

    def jump(self, seconds):
        self.redis.jump(seconds)
        self.at.append(time.monotonic())

    def answers(self):
        return [answer for client in (self.load, *self.across, self.later) for answer in client.answers]

    def admitted(self, begin, end):
        """When exchanges were sent that were let through, in seconds from `begin`."""
        return sorted(answer.at - begin for answer in self.answers() if answer.status == 200 and begin <= answer.at < end)


def clock_jumps(seconds=45):
    """Redis' clock goes an hour ahead and back under load: a bucket is full once more, nobody is locked out, nothing is refunded."""
    redis = ClockedRedis(instant("2026-06-15T12:20Z"))
    try:
        with Cluster(3, Jumps.LIMITS, redis, state=", timeout: 250ms", simulator=["--ttft", "100ms"]) as cluster:
            watch, jumps, begin = SlotWatch(redis), Jumps(redis, cluster, seconds), time.monotonic()
            asyncio.run(jumps.run())
            watch.stop()
            local = cluster.decisions()["admitted local"] + cluster.decisions()["refused local"]
            answers = jumps.answers()
            failed = [answer.status for answer in answers if answer.status not in (200, 429)]
            print(f"clock: {len(answers)} requests in {seconds} s on 3 replicas, {len(failed)} failed; {local:.0f} decisions were local")
            demand(not failed, f"requests failed: {failed}")
            demand_in_time(local == 0, "decisions were local, so the figure says nothing")
            buckets_after_jumps(jumps, begin, local)
            slots_after_jumps(jumps, watch)
            demand(eventually(lambda: is_settled(redis), 15), "reservations are left")
            budgets_after_jumps(jumps, local)
            left = eventually(lambda: set(redis.command("ZRANGE", SLOTS, 0, -1)) <= {"dead"}, 15)
            demand(left, "slots are left")
    finally:
        redis.stop()


def buckets_after_jumps(jumps, begin, local):
    """What was let through in each third beside what may have been."""
    each = CAPACITY / 60
    ahead, back, end = jumps.at
    counts = [len(jumps.admitted(*edges)) for edges in ((begin, ahead), (ahead, back), (back, end))]
    most = [CAPACITY + each * (ahead - begin), CAPACITY + each * (back - ahead), each * (end - back)]
    late = [jumps.admitted(at, end)[:1] or [float("inf")] for at in (ahead, back)]
    wait = max(int(a.headers.get("retry-after", 0)) for a in jumps.load.answers if a.at >= back)
    print(
        f"clock, bucket of {CAPACITY} a minute, {RATE * 60} offered: {counts[0]} of {most[0]:.0f} let through; an hour ahead {counts[1]} of"
        f" {most[1]:.0f}, full once more; back {counts[2]} of {most[2]:.0f}. The first {late[0][0]:.2f} s after the jump ahead,"
        f" {late[1][0]:.2f} s after the one back, where the longest time to wait was {wait} s")
    demand(sum(counts) <= sum(most) + 1 + local, "more was let through than a full bucket once more")
    demand(sum(counts) >= sum(most) - 30, "less was let through than the limit")
    demand(counts[1] <= most[1] + 10 + local and counts[2] <= most[2] + 10 + local, "a jump back refilled")
    demand(counts[2] > 0 and wait <= 60, "a jump back locked out")
    demand_in_time(max(late)[0] <= 1, "the first was let through late")


def slots_after_jumps(jumps, watch):
    """Who held slots over the jumps."""
    ahead, back, _ = jumps.at
    steady = set.intersection(*(set(held) for held in watch.before(ahead)))
    gone = next(iter(watch.since(ahead)), {})
    again = watch.first(ahead, lambda held: steady <= set(held))
    most = max(len(held) for held in watch.since(ahead))
    cut = watch.first(back, lambda held: not held or max(held.values()) <= 30_000)
    longest = max((left for held in watch.since(back + (cut or 0)) for left in held.values()), default=0)
    print(
        f"clock, {PLACES} slots: {len(steady)} were held over the jump ahead, and {len(steady - set(gone))} of them ended with it; taken"
        f" anew {again or float('nan'):.1f} s later; never more than {most} held. After the jump back none lasted longer than 30 s from"
        f" second {cut or float('nan'):.1f} on; that of a dead replica ends in {watch.samples[-1][1].get('dead', 0) / 1e3:.1f} s")
    demand(len(steady) >= 6, "nothing was held over the jump")
    demand(again is not None, "slots that ended were not taken anew")
    demand_in_time(again <= 11, "slots were taken anew late")
    demand(most <= PLACES + len(steady), "more slots were held than there are, and those that ended")
    demand(cut is not None and longest <= 30_000, "a slot lasts longer than any may")


def budgets_after_jumps(jumps, local):
    """What stands in the budgets beside what the provider's answers cost."""
    after, billed = budgets(jumps.redis), sum(costs(jumps.cluster))
    kept = [lost[-1] for lost in jumps.lost]
    known = [cost for tokens in (1, 400) for cost in costs(jumps.cluster, f"tokens={tokens}]]")]
    used = sum(known) + costs(jumps.cluster)[0] * (len(kept) - len(known))  # others are the load's, which are alike
    day = after["dollars:day:2026-06-15T00:00Z"]
    hours = {name[13:]: spent for name, spent in after.items() if "hour" in name}
    beyond = day - (billed - used + sum(kept))
    print(
        f"clock, budgets in micro-dollars: {len(kept)} reservations of {sum(kept)} expired with the jump ahead, and stay charged; their"
        f" exchanges took {used}, for which {beyond} were charged beyond them; in all {billed} were taken and {day}"
        f" charged, by hours {hours}")
    demand(set(hours) == {"2026-06-15T12:00Z", "2026-06-15T13:00Z"}, "an hour has no budget, or there are others")
    demand(sum(hours.values()) == day, "the hours' budgets are not the day's")
    demand(hours["2026-06-15T12:00Z"] > jumps.before["dollars:hour:2026-06-15T12:00Z"], "an hour's budget did not go on")
    demand(beyond >= 0 or local, "what was spent was refunded")
    demand(beyond <= used or local, "more was charged than was taken and reserved")
