"""The figure of budgets over the end of a day on which clocks change."""

import asyncio
import collections
import time

from clocked_redis import ClockedRedis, instant
from cluster import Client, Cluster, eventually
from demands import demand, demand_in_time
from spending import ask_for, budgets, costs, is_settled

# The windows before and after an instant, by what their keys end in; the same day where none ends then.
Turn = collections.namedtuple("Turn", "title zone at days hours")
TURNS = [
    Turn("the end of a day of 25 hours", "Europe/Berlin", "2026-10-25T23:00Z",
         ("2026-10-24T22:00Z", "2026-10-25T23:00Z"), ("2026-10-25T22:00Z", "2026-10-25T23:00Z")),
    Turn("the end of a day of 23 hours", "Europe/Berlin", "2027-03-28T22:00Z",
         ("2027-03-27T23:00Z", "2027-03-28T22:00Z"), ("2027-03-28T21:00Z", "2027-03-28T22:00Z")),
    Turn("an hour that comes again", "Europe/Berlin", "2026-10-25T01:00Z",
         ("2026-10-24T22:00Z", "2026-10-24T22:00Z"), ("2026-10-25T00:00Z", "2026-10-25T01:00Z")),
    Turn("a midnight that does not exist", "Asia/Beirut", "2024-03-30T22:00Z",
         ("2024-03-29T22:00Z", "2024-03-30T22:00Z"), ("2024-03-30T21:00Z", "2024-03-30T22:00Z")),
    Turn("a midnight that comes again", "America/Havana", "2024-11-03T05:00Z",
         ("2024-11-03T04:00Z", "2024-11-03T04:00Z"), ("2024-11-03T04:00Z", "2024-11-03T05:00Z")),
    Turn("the end of a day of 25 hours", "America/Havana", "2024-11-04T05:00Z",
         ("2024-11-03T04:00Z", "2024-11-04T05:00Z"), ("2024-11-04T04:00Z", "2024-11-04T05:00Z")),
]


class Night:
    """Load over the end of a window: three exchanges are reserved before it and end three seconds behind it."""

    RATE = 40

    def __init__(self, turn, redis, cluster, seconds):
        self.turn, self.redis, self.cluster, self.seconds = turn, redis, cluster, seconds
        self.ports = [router.port for router in cluster.routers]
        self.load = Client(self.ports, ask_for())
        self.held = Client(self.ports, ask_for(ttft=f"{(seconds + 3) * 1_000}ms"), patience=seconds + 30)
        self.end, self.reserved = 0, {}

    @staticmethod
    def capacity(turn, seconds):
        """Half of what is offered before a day's end; where none ends, as much as lasts beyond the hour."""
        return round(Night.RATE * seconds * (0.5 if turn.days[0] != turn.days[1] else 1.5))

    @staticmethod
    def limits(turn, seconds):
        zone = f"zone: {turn.zone}"
        requests = Night.capacity(turn, seconds)
        return f"{{ requests: {requests}, per: day, {zone} }}, {{ dollars: 9, per: day, {zone} }}, {{ dollars: 9, per: hour, {zone} }}"

    async def run(self):
        self.redis.set(instant(self.turn.at) - self.seconds)
        self.end = time.monotonic() + instant(self.turn.at) - self.redis.now
        held = [asyncio.create_task(self.held.ask(port)) for port in self.ports]
        await asyncio.sleep(0.1)
        await self.load.run(self.RATE, 2 * self.seconds - 0.1, [(self.seconds + 0.9, self.look)])
        await asyncio.gather(*held)

    def look(self):
        """A second behind the end: all but the three are settled."""
        self.reserved = budgets(self.redis)


def over_midnight(seconds=10):
    """Budgets over the end of a day on which clocks change: one is spent in each window, and the next is there at once."""
    for turn in TURNS if seconds >= 10 else TURNS[:2]:
        redis = ClockedRedis(instant(turn.at) - 60)
        try:
            limits = Night.limits(turn, seconds)
            with Cluster(3, limits, redis, state=", timeout: 250ms", simulator=["--ttft", "20ms"]) as cluster:
                night = Night(turn, redis, cluster, seconds)
                asyncio.run(night.run())
                demand(eventually(lambda: is_settled(redis), 15), "reservations are left")
                local = cluster.decisions()["admitted local"] + cluster.decisions()["refused local"]
                print(
                    f"midnight: {turn.at} in {turn.zone}, {turn.title}: {len(night.load.answers) + 3} requests, {local:.0f} decisions were"
                    " local")
                demand_in_time(local == 0, "decisions were local, so the figure says nothing")
                answers_of(night)
                if local == 0:
                    budgets_of(night)
        finally:
            redis.stop()


def answers_of(night):
    """Who was let in, and when the others were told to come again."""
    load, held, turn = night.load, night.held, night.turn
    failed = [answer.status for answer in load.answers if answer.status not in (200, 429)]
    demand(not failed and held.count(200) == 3, f"requests failed: {failed}, {[answer.status for answer in held.answers]}")
    if turn.days[0] == turn.days[1]:
        return
    behind = [answer for answer in load.answers if answer.at >= night.end]
    first = next((answer for answer in behind if answer.status == 200), None)
    demand(first, "nobody was let in behind midnight")
    refused = [answer for answer in load.answers if answer.status == 429 and answer.at + answer.seconds < night.end]
    # Each was told so between its question and its answer.
    early = [answer.at + int(answer.headers["retry-after-ms"]) / 1e3 - night.end for answer in refused]
    late = [error + answer.seconds for error, answer in zip(early, refused)]
    print(
        f"midnight: the first let in was asked {(first.at - night.end) * 1e3:.0f} ms behind it, {behind.index(first)} refused before;"
        f" {len(refused)} refused before midnight were told to come {-max(early) * 1e3:.0f} to {min(late) * 1e3:.0f} ms about it")
    demand(refused, "the budget was not spent before midnight")
    demand(max(early) <= 0.1 and min(late) >= -0.1, "somebody was told to come at another time")
    demand_in_time(first.at - night.end <= 0.3, "the first was let in late")


def budgets_of(night):
    """What each window's budget holds beside what its exchanges took."""
    turn, after = night.turn, budgets(night.redis)
    names = {f"{what}:{start}" for what, starts in (
        ("requests:day", turn.days), ("dollars:day", turn.days), ("dollars:hour", turn.hours)) for start in starts}
    demand(set(after) == names, f"there are budgets {sorted(after)}")
    capacity = night.capacity(turn, night.seconds)
    days = [[after[f"{what}:day:{start}"] for start in dict.fromkeys(turn.days)] for what in ("requests", "dollars")]
    hours = [after[f"dollars:hour:{start}"] for start in turn.hours]
    taken = costs(night.cluster)
    old = f"dollars:hour:{turn.hours[0]}"
    print(
        f"midnight: {days[0]} requests by day of {capacity} each; {days[1]} micro-dollars by day, {hours} by hour, of {sum(taken)} taken;"
        f" in the old hour {night.reserved[old] - after[old]} were given back when the three ended behind it")
    demand(days[0] == [capacity] * len(days[0]), "a day's budget was not spent once")
    demand(len(taken) == sum(days[0]), "more was let through than was charged")
    demand(days[1] == [sum(taken[place:place + capacity]) for place in range(0, len(taken), capacity)], "a day's dollars are wrong")
    demand(sum(hours) == sum(taken) and min(hours) > 0, "the hours' dollars are not the days'")
    demand(len(days[1]) == 1 or hours == days[1], "the hours' dollars are not the days'")
    demand(night.reserved[old] > after[old], "what was reserved before midnight was not settled where it was reserved")
