"""Balancing by real replicas over real endpoints: what each way does that another would not."""

import asyncio
import time

from balance import Pool
from cluster import Client, Redis, eventually


def body(text="hello", **more):
    return {"model": "mock-model", "messages": [{"role": "user", "content": text}], **more}


def ask(port, count, body, headers=()):
    client = Client([port], body, headers=headers)

    async def run():
        for _ in range(count):
            await client.ask(port)

    asyncio.run(run())
    assert [answer.status for answer in client.answers] == [200] * count


async def occupied(client, port, count, then):
    """Runs `then` on another thread while so many requests are in flight at a port."""
    tasks = [asyncio.create_task(client.ask(port)) for _ in range(count)]
    result = await asyncio.to_thread(then)
    await asyncio.gather(*tasks)
    return result


def test_load_at_one_replica_moves_what_another_asks():
    redis = Redis()
    try:
        with Pool(2, [[], []], redis) as pool:
            one, other = pool.routers

            def ask_at_the_other():
                assert eventually(lambda: other.metric("switchyard_inflight_cluster") == 3, 5)
                busy = pool.served()
                ask(other.port, 9, body())
                return busy

            busy = asyncio.run(occupied(Client([one.port], body("[[sim:ttft=3s]]")), one.port, 3, ask_at_the_other))
            # Two and one: all of the other's go where one is.
            served = [now - then for now, then in zip(pool.served(), busy)]
            assert sorted(busy) == [1, 2] and served[busy.index(1)] == 9, (busy, served)
    finally:
        redis.stop()


def test_sessions_and_prefixes_stay_at_one_endpoint():
    with Pool(2, [[], [], []], model="affinity: session") as pool:
        for session in range(6):
            before = pool.served()
            for router in pool.routers:
                ask(router.port, 5, body(), [f"x-session-id: s{session}"])
                ask(router.port, 5, body(user="somebody else"), [f"x-session-id: s{session}"])
            assert sorted(now - then for now, then in zip(pool.served(), before)) == [0, 0, 20]
        assert sum(1 for count in pool.served() if count) > 1
    with Pool(1, [[], [], []], model="affinity: prefix") as pool:
        for number in range(6):
            before = pool.served()
            turn = [{"role": "system", "content": f"You are number {number}."}, {"role": "user", "content": "Who are you?"}]
            for more in ([], [{"role": "assistant", "content": "Guess."}, {"role": "user", "content": "No."}]):
                ask(pool.ports[0], 6, {"model": "mock-model", "messages": turn + more})
            assert sorted(now - then for now, then in zip(pool.served(), before)) == [0, 0, 12]
        assert sum(1 for count in pool.served() if count) > 1


def test_an_idle_endpoint_that_takes_fewer_than_there_are_replicas_refuses_nobody():
    redis = Redis()
    try:
        with Pool(2, [[]], redis, provider="max_concurrent: 1", queue="queue: { max: 0 }") as pool:
            time.sleep(1.5)  # so long they take half for granted, as others may not have seen them
            for _ in range(8):
                for router in pool.routers:
                    ask(router.port, 1, body())
    finally:
        redis.stop()


def test_load_of_others_counts_where_endpoints_tell_of_it():
    with Pool(1, [[], []], model="balance: resource", provider="load: { every: 100ms }") as pool:
        router, (busy, free) = pool.routers[0], pool.simulators
        ask(router.port, 20, body())
        assert all(pool.served()), "both are alike while both are idle"
        before = pool.served()

        def ask_the_router():
            time.sleep(0.6)
            known = pool.served()
            ask(router.port, 10, body())
            return known

        # Behind the router's back.
        known = asyncio.run(occupied(Client([busy.port], body("[[sim:ttft=3s]]")), busy.port, 5, ask_the_router))
        assert known[0] == before[0] + 5
        assert [now - then for now, then in zip(pool.served(), known)] == [0, 10]
        busy.stop()
        ask(router.port, 5, body())
        assert router.metric("switchyard_transfers_active") <= 2
        assert not router.unsettled()
