"""What the response cache asks of Redis, counted there."""

import asyncio
import time

from cluster import Client, Cluster, Redis, prompt_of
from support import eventually

BODY = {"model": "mock-model", "max_tokens": 10, "temperature": 0}


def scripts_run(redis, least=0):
    """Calls of scripts since the last count: once there are so many, as the last settlement comes behind its answer."""
    def count():
        return int(redis.figures("commandstats").get("cmdstat_evalsha", "calls=0").split("calls=")[1].split(",")[0])
    eventually(lambda: count() >= least)
    calls = count()
    redis.command("CONFIG", "RESETSTAT")
    return calls


def test_a_look_is_no_script_and_a_miss_is_one_more():
    redis = Redis()
    try:
        with Cluster(1, "{ requests: 6M, per: minute }", redis, cache="cache: { ttl: 60s }", state=", timeout: 500ms") as cluster:
            assert eventually(lambda: cluster.routers[0].metric("switchyard_redis_mode") == 0)

            def ask(number):
                client = Client([cluster.routers[0].port], {**BODY, "messages": prompt_of(100, seed=number)})
                asyncio.run(client.ask(client.ports[0]))
                assert eventually(lambda: cluster.routers[0].metric("switchyard_cache_flights") == 0)
                return client.answers[0]

            assert "fwd=miss; stored" in ask(0).headers["cache-status"] and "hit" in ask(0).headers["cache-status"]
            scripts_run(redis)
            begin = time.monotonic()
            answers = [ask(0) for _ in range(20)]
            assert all("hit" in answer.headers["cache-status"] for answer in answers)
            # admit, then the settlement; and the replica's own, a beat, two looks for changed keys and one for versions a second.
            assert 40 <= (hits := scripts_run(redis, 40)) <= 50 + 5 * (time.monotonic() - begin), hits
            begin = time.monotonic()
            answers = [ask(1 + number) for number in range(20)]
            assert all("fwd=miss; stored" in answer.headers["cache-status"] for answer in answers)
            # The fill.
            assert 60 <= (misses := scripts_run(redis, 60)) <= 70 + 5 * (time.monotonic() - begin), misses
    finally:
        redis.stop()


def test_without_limits_the_look_takes_the_lock():
    redis = Redis()
    try:
        with Cluster(1, "", redis, cache="cache: { ttl: 60s }", state=", timeout: 500ms") as cluster:
            assert eventually(lambda: cluster.routers[0].metric("switchyard_redis_mode") == 0)

            def ask(number, *headers):
                client = Client([cluster.routers[0].port], {**BODY, "messages": prompt_of(100, seed=number)}, headers=headers)
                asyncio.run(client.ask(client.ports[0]))
                assert eventually(lambda: cluster.routers[0].metric("switchyard_cache_flights") == 0)
                return client.answers[0]

            for number in range(2):
                ask(number)
            scripts_run(redis)
            begin = time.monotonic()
            answers = [ask(10 + number) for number in range(20)]
            assert all("fwd=miss; stored" in answer.headers["cache-status"] for answer in answers)
            # The fill; and the replica's own.
            assert 20 <= (misses := scripts_run(redis, 20)) <= 25 + 5 * (time.monotonic() - begin), misses
            # Who may not fetch must not lead.
            assert ask(99, "cache-control: only-if-cached").status == 504
            assert not [key for key in redis.command("KEYS", "sy:{c:*") if redis.command("GET", key).startswith("L ")]
    finally:
        redis.stop()


def test_who_is_refused_after_all_leaves_no_lock():
    redis = Redis()
    try:
        with Cluster(1, "{ requests: 1000, per: minute }", redis, cache="cache: { ttl: 60s }", state=", timeout: 500ms") as cluster:
            assert eventually(lambda: cluster.routers[0].metric("switchyard_redis_mode") == 0)

            def ask(number):
                client = Client([cluster.routers[0].port], {**BODY, "messages": prompt_of(100, seed=number)})
                asyncio.run(client.ask(client.ports[0]))
                assert eventually(lambda: cluster.routers[0].metric("switchyard_cache_flights") == 0)
                return client.answers[0]

            def locks():
                return redis.figures("commandstats").get("cmdstat_set", "calls=0").split("calls=")[1].split(",")[0]

            assert ask(0).status == 200  # the replica knows now that there is much left
            [bucket] = redis.command("KEYS", "sy:*:rl:*")
            level, at, tokens, window = redis.command("GET", bucket).split()
            redis.command("SET", bucket, f"-30000000 {at} {tokens} {window}", "PX", "60000")
            redis.command("CONFIG", "RESETSTAT")
            assert ask(1).status == 429 and locks() == "1", locks()
            assert not [key for key in redis.command("KEYS", "sy:{c:*") if redis.command("GET", key).startswith("L ")]
            redis.command("DEL", bucket)
            begin = time.monotonic()
            assert eventually(lambda: ask(1).status == 200) and time.monotonic() - begin < 5
    finally:
        redis.stop()
