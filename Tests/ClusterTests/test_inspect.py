"""`switchyard inspect` against a real Redis that real replicas write."""

import asyncio
import json
import re
import subprocess
import time

from cluster import BINARIES, Client, Cluster, Redis, eventually, prompt_of


def inspect(cluster, *words):
    run = subprocess.run(
        [BINARIES / "switchyard", "inspect", *words, "--config", cluster.routers[0].config], capture_output=True, text=True,
        env={"PROVIDER_KEY": "x"}, timeout=30)
    return run.returncode, run.stdout, run.stderr


def test_it_shows_limits_and_replicas():
    redis = Redis()
    try:
        limits = "{ requests: 100, per: hour }, { dollars: 5, per: day }, { tokens: 10k, per: hour, by: key }"
        with Cluster(2, limits, redis) as cluster:
            client = Client([router.port for router in cluster.routers], {
                "model": "mock-model", "messages": prompt_of(100), "max_tokens": 10})
            asyncio.run(client.run(10, 1))
            code, table, _ = inspect(cluster)
            assert code == 0 and f"{100 - client.count(200)} of 100 left" in table, table
            assert "replicas" in table and "2: " in table and "of $5.000000 spent" in table
            rows = json.loads(inspect(cluster, "limits", "--tag", "t:acme", "--json")[1])
            assert {row["key"].split("}")[1].split(":")[1] for row in rows} == {"rl", "budget"}
            assert next(row for row in rows if ":requests:" in row["key"])["left"] == 100 - client.count(200)
            redis.kill()
            code, _, error = inspect(cluster)
            assert code == 1 and "does not answer" in error
    finally:
        redis.stop()


def test_it_shows_what_is_in_flight():
    redis = Redis()
    try:
        with Cluster(2, "", redis) as cluster:
            client = Client([cluster.routers[0].port], {
                "model": "mock-model", "messages": prompt_of(50) + [{"role": "user", "content": "[[sim:ttft=2s]]"}]})
            seen = []
            asyncio.run(client.run(20, 3, [(1, lambda: (time.sleep(0.3), seen.append(inspect(cluster, "loads"))))]))
            code, table, _ = seen[0]
            count = int(re.search(r": sim/[\d.:]+ (\d+)", table)[1])
            assert code == 0 and "nothing" in table and 0 < count <= len(client.answers), table
            assert eventually(lambda: inspect(cluster, "loads")[1].count("nothing") == 2), "it returns to nothing"
    finally:
        redis.stop()


def test_without_redis_it_says_where_to_look():
    with Cluster(1, "{ requests: 100, per: hour }") as cluster:
        code, _, error = inspect(cluster)
        assert code == 1 and "no state.redis" in error


def test_it_shows_stored_answers_and_purge_removes_a_tenants():
    redis = Redis()
    try:
        with Cluster(2, "", redis, cache="cache: { ttl: 60s }") as cluster:
            ports = [router.port for router in cluster.routers]
            body = {"model": "mock-model", "messages": prompt_of(100), "max_tokens": 10, "temperature": 0}

            def ask():
                client = Client(ports, body)
                asyncio.run(client.run(10, 1))
                return [answer.headers["cache-status"] for answer in client.answers]

            assert any("hit" in status for status in ask())
            rows = json.loads(inspect(cluster, "cache", "--json")[1])
            assert {row["key"].split(":")[-1] for row in rows} == {"answer"}
            assert "plain, 200" in rows[0]["standing"] and 0 < rows[0]["left_ms"] <= 66_000
            assert purge(cluster, "--tenant", "other") == "0 keys removed\n"
            assert purge(cluster, "--tenant", "acme") == "1 keys removed\n"
            assert redis.command("KEYS", "sy:{c:*") == []
            assert any("fwd=miss" in status for status in ask())
    finally:
        redis.stop()


def purge(cluster, *words):
    run = subprocess.run(
        [BINARIES / "switchyard", "purge", *words, "--config", cluster.routers[0].config], capture_output=True, text=True,
        env={"PROVIDER_KEY": "x"}, timeout=30)
    assert run.returncode == 0, run.stderr
    return run.stdout
