"""Exactly three probes in each half-open generation, over many deaths and recoveries, while replicas that probe are killed."""

import asyncio
import collections
import concurrent.futures
import json
import random
import re
import threading
import time

import breakers
from cluster import Client, Redis, eventually
from demands import demand
from support import KEYS, Router, get

# A lost probe is waited for: several endpoints, each with replicas of its own, take less time.
MOST_LANES, CYCLES_OF_A_LANE = 4, 10


def many(cycles, crashes):
    lanes = min(MOST_LANES, -(-cycles // CYCLES_OF_A_LANE))
    redis = Redis()
    try:
        news, begin = breakers.News(redis), time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(lanes) as threads:
            shares = [cycles // lanes + (number < cycles % lanes) for number in range(lanes)]
            runs = [threads.submit(Lane.drive, redis, news, share, crashes) for share in shares]
            done = [run.result() for run in runs]
        generations = [generation for lane in done for generation in lane.generations]
        killed, probes = sum(lane.killed for lane in done), sum(count for _, count in generations)
        recovered = [count for why, count in generations if why == "recovered"]
        lost = [count for why, count in generations if why == "probe-lost"]
        failed = [count for why, count in generations if why == "probe-failed"]
        print(
            f"A6, {cycles} deaths and recoveries of {lanes} endpoints with {Lane.REPLICAS} replicas each, in {time.monotonic() - begin:.0f} s:"
            f" {len(generations)} half-open generations with {probes} probes in the simulators' logs; for {killed} of them"
            f" ({100 * killed / max(1, probes):.0f} %) the replica was killed meanwhile; {len(recovered)} recovered with"
            f" {sorted(set(recovered))} probes, {len(lost)} were lost with {sorted(set(lost))}, {len(failed)} failed with {sorted(set(failed))}")
        demand(len(recovered) == cycles, "an endpoint did not recover once after each death")
        demand(set(recovered) == {3}, "not exactly three probes brought it back")
        demand(max(count for _, count in generations) <= 3, "more than three probes in a generation")
        demand(len(lost) <= killed, "probes were lost of which no replica was killed")
    finally:
        redis.stop()


class Lane:
    """One endpoint that dies and comes back, and its replicas, each asked all the time."""

    REPLICAS, RATE = 5, 10  # requests a second at each
    PATIENCE = 300  # lost probes one after another, as chance has it

    def __init__(self, pool, news, crashes):
        self.pool, self.news, self.crashes = pool, news, crashes
        self.endpoint, = pool.endpoints
        self.name = f"http://127.0.0.1:{self.endpoint.port}/v1/mock"
        self.chance, self.killed, self.generations, self.is_over = random.Random(), 0, [], False
        self.started, self.answered = {}, collections.deque(maxlen=100)  # by replica: when it was started again; the last answers

    @classmethod
    def drive(cls, redis, news, cycles, crashes):
        with breakers.Pool(
                cls.REPLICAS, 1, redis, 3, "base: 200ms, max: 400ms", simulator=("--ttft", "200ms", "--keep-bodies"),
                server=", first_byte_timeout: { stream: 1s, plain: 1s }") as pool:
            lane = cls(pool, news, crashes)
            loads = [threading.Thread(target=asyncio.run, args=[lane.load(number)]) for number in range(cls.REPLICAS)]
            for load in loads:
                load.start()
            try:
                for cycle in range(cycles):
                    lane.cycle(comes_late=cycle % 2)
            finally:
                lane.is_over = True
                for load in loads:
                    load.join()
            return lane

    async def load(self, number):
        # What a request says tells whose probe it is.
        messages = [{"role": "user", "content": f"of replica {number}"}]
        body = {"model": "mock-model", "messages": messages, "max_tokens": 3}
        clients = [Client([self.pool.ports[number]], body, key, patience=5) for key in self.pool.keys]
        tasks, count = set(), 0
        while not self.is_over:
            client = clients[count % len(clients)]
            task = asyncio.create_task(self.ask(number, client))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            count += 1
            await asyncio.sleep(1 / self.RATE)
        await asyncio.gather(*tasks)

    async def ask(self, number, client):
        await client.ask(client.ports[0])
        answer = client.answers.pop()
        self.answered.append((number, answer.status, round(time.monotonic() - answer.at, 1)))

    def standing(self):
        """For a demand that was missed."""
        replicas = [(router.is_alive, router.is_alive and router.metric("switchyard_breaker_state")) for router in self.pool.routers]
        return (f"news {self.news.end or 'go on'}, the last of it {[words for _, words in self.news.lines if words[0] == self.name][-3:]};"
                f" replicas: alive, state {replicas}; answers: replica, status, seconds {list(self.answered)}; {self.pool.routers[0].output[-2_000:]}")

    def changes(self, since):
        """What became of the breaker, by Redis' clock in milliseconds: when, state and why."""
        words = [words for _, words in list(self.news.lines) if words[0] == self.name]
        return [(int(word[2]), word[1], word[9]) for word in words if int(word[2]) > since]

    def cycle(self, comes_late):
        begin = int(time.time() * 1_000)
        self.endpoint.kill()
        demand(eventually(lambda: self.changes(begin), 20), lambda: f"no breaker opened: {self.standing()}")
        if comes_late:  # probes fail
            time.sleep(0.8)
        self.endpoint.start()
        last, end = 0, time.monotonic() + self.PATIENCE
        while not any(state == "closed" for _, state, _ in self.changes(begin)):
            demand(time.monotonic() < end, f"it did not recover: {self.changes(begin)[-3:]}")
            for call in self.calls(last):
                last = call["id"]
                if call["outcome"] == "open" and self.chance.random() * 100 < self.crashes:
                    self.crash(int(re.search(r"of replica (\d)", call["body"])[1]))
            time.sleep(0.01)
        time.sleep(0.3)
        self.count(self.changes(begin))

    def calls(self, since=0):
        return json.loads(get(f"http://127.0.0.1:{self.endpoint.port}/sim/log?since={since}")[1])["entries"]

    def crash(self, number):
        """As `kill -9` does; another start of it follows at once."""
        old = self.pool.routers[number]
        old.process.kill()
        old.wait()
        self.pool.routers[number] = Router(old.config, KEYS, old.port, old.admin_port)
        self.started[number] = time.time()
        self.killed += 1

    def count(self, changes):
        """Every call until the next generation began, or the breaker was closed, was a probe."""
        calls = [round(call["time"] * 1_000) for call in self.calls()]
        halves = [place for place, (_, state, _) in enumerate(changes) if state == "half"]
        for place, following in zip(halves, [*halves[1:], None]):
            at, (_, _, why) = changes[place][0], changes[place + 1]
            end = changes[following][0] if following else changes[place + 1][0]
            self.generations.append((why, sum(1 for call in calls if at <= call < end)))
        early = [call for call in self.calls() if round(call["time"] * 1_000) < changes[halves[0]][0]]
        demand(not early, lambda: f"it was called while it was open: {self.story(early, changes, halves[0])}")

    def story(self, early, changes, half):
        """Of calls that should not have been: by whom, and how long after that replica was started."""
        calls = []
        for call in early:
            number = int(re.search(r"of replica (\d)", call["body"])[1])
            started = self.started.get(number)
            calls.append((number, round(call["time"] * 1_000) - changes[half][0], started and round((call["time"] - started) * 1_000)))
        return f"replica, ms before the first probe, ms since its start {calls}; changes {changes}; {self.standing()}"
