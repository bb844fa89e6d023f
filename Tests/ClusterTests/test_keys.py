"""Virtual keys by the command line and the admin port, on several replicas with a real Redis."""

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from cluster import BINARIES, Cluster, Connection, Redis, eventually, prompt_of
from support import CLIENT_KEY

TOKEN = "admin-token-of-tests"
FORGED = "sy-0123456789abcd-0123456789abcdefghjkmnpqrstvwxyz"


@pytest.fixture(scope="module")
def redis():
    redis = Redis()
    yield redis
    redis.stop()


@pytest.fixture(scope="module")
def cluster(redis):
    with Cluster(3, "{ requests: 100k, per: hour }", redis, admin=f", token: {TOKEN}") as cluster:
        yield cluster


def keys(cluster, *words):
    run = subprocess.run(
        [BINARIES / "switchyard", "keys", *words, "--config", cluster.routers[0].config], capture_output=True, text=True,
        env={**os.environ, "PROVIDER_KEY": "x"}, timeout=60)
    return run.returncode, run.stdout.strip(), run.stderr


def create(cluster, *words):
    code, key, error = keys(cluster, "create", "--tenant", "acme", *words)
    assert code == 0, error
    assert re.fullmatch(r"sy-[0-9a-z]{14}-[0-9a-z]{32}", key) and key.split("-")[2] not in error
    return key


def ident(key):
    return key.split("-")[1]


def ask(router, key, model="mock-model"):
    body = {"model": model, "messages": prompt_of(20), "max_tokens": 5}
    return post(f"{router.url}/v1/chat/completions", body, key)


def post(url, body, token=None, method="POST"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, method=method, data=data, headers={"content-type": "application/json"})
    if token:
        request.add_header("authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        text = error.read()
        return error.code, json.loads(text) if text[:1] == b"{" else text.decode()


def code(answer):
    return answer[1]["error"]["code"]


def restart(cluster, number):
    cluster.routers[number].stop()
    cluster.replace(number)


def refused_everywhere(cluster, key, seconds=5):
    return eventually(lambda: all(ask(router, key)[0] == 401 for router in cluster.routers), seconds)


def test_a_key_made_at_the_command_line_is_good_everywhere_until_it_is_revoked(cluster):
    key = create(cluster, "--team", "search", "--user", "ann")
    assert [ask(router, key)[0] for router in cluster.routers] == [200, 200, 200]
    assert f"{ident(key)}  acme; team search; user ann" in keys(cluster, "list")[1]
    status, answer, _ = keys(cluster, "revoke", ident(key))
    assert status == 0 and f"Key {ident(key)} is revoked since" in answer
    assert refused_everywhere(cluster, key)
    assert code(ask(cluster.routers[0], key)) == "api_key_revoked"
    assert ident(key) not in keys(cluster, "list")[1]
    assert keys(cluster, "rotate", ident(key))[0] == 1


def test_its_limits_are_shared_and_told(cluster):
    key = create(cluster, "--limit", "3 requests per hour", "--limit", "5 dollars per month Europe/Berlin")
    answers = [ask(cluster.routers[number % 3], key) for number in range(5)]
    assert [status for status, _ in answers] == [200, 200, 200, 429, 429]
    assert "3 requests per hour of key" in answers[3][1]["error"]["message"]
    assert "3 requests per hour, 5 dollars per month Europe/Berlin" in keys(cluster, "list")[1]


def test_it_may_ask_for_its_models_only(cluster):
    key = create(cluster, "--model", "other-*")
    assert code(ask(cluster.routers[0], key)) == "model_not_found"


def test_a_new_secret_and_the_former_one_for_a_while(cluster):
    first = create(cluster)
    assert ask(cluster.routers[1], first)[0] == 200
    second = keys(cluster, "rotate", ident(first), "--grace-hours", "1")[1]
    assert ident(second) == ident(first) and second != first
    assert eventually(lambda: all(ask(router, key)[0] == 200 for router in cluster.routers for key in (first, second)))
    third = keys(cluster, "rotate", ident(first))[1]
    assert refused_everywhere(cluster, second)
    assert eventually(lambda: [ask(router, third)[0] for router in cluster.routers] == [200] * 3)


def test_a_key_of_the_configuration_can_be_revoked(cluster, redis):
    assert ask(cluster.routers[0], CLIENT_KEY)[0] == 200
    try:
        assert keys(cluster, "revoke", "ci")[0] == 0
        assert refused_everywhere(cluster, CLIENT_KEY)
        assert code(ask(cluster.routers[2], CLIENT_KEY)) == "api_key_revoked"
        restart(cluster, 2)
        assert refused_everywhere(cluster, CLIENT_KEY)
    finally:
        redis.command("DEL", "sy:{k:ci}:key")
        for number in range(3):
            restart(cluster, number)
    assert eventually(lambda: ask(cluster.routers[0], CLIENT_KEY)[0] == 200)


def test_forged_unknown_and_wrong_keys_are_refused_alike(cluster):
    key = create(cluster)
    wrong = key[:-1] + ("0" if key[-1] != "0" else "1")
    for other in (FORGED, wrong, "sy-", key + "0", key.upper()):
        assert code(ask(cluster.routers[0], other)) == "invalid_api_key"


def test_the_admin_port_makes_keys(cluster):
    admin = f"http://127.0.0.1:{cluster.routers[0].admin_port}/keys"
    status, made = post(admin, {"tenant": "acme", "limits": ["600 requests per minute"], "expires_in": "2s"}, TOKEN)
    assert status == 201 and made["tenant"] == "acme" and made["limits"] == ["600 requests per minute"]
    assert ask(cluster.routers[2], made["key"])[0] == 200
    status, listed = post(f"{admin}?count=1000", b"", TOKEN, "GET")
    assert made["id"] in [entry["id"] for entry in listed["keys"]] and "key" not in listed["keys"][0]
    assert eventually(lambda: ask(cluster.routers[2], made["key"])[0] == 401)
    assert code(ask(cluster.routers[2], made["key"])) == "api_key_expired"
    status, other = post(admin, {"tenant": "acme"}, TOKEN)
    assert post(f"{admin}/{other['id']}/rotate", {"grace": "1h"}, TOKEN)[1]["id"] == other["id"]
    assert post(f"{admin}/{other['id']}", b"", TOKEN, "GET")[1]["version"] == 2
    assert post(f"{admin}/{other['id']}", b"", TOKEN, "DELETE")[0] == 200
    assert "revoked" in post(f"{admin}/{other['id']}", b"", TOKEN, "GET")[1]


@pytest.mark.parametrize("body, reason", [
    (b"", "empty"), (b"{", "not valid YAML"), (b"[]", "mapping"), (b"{}", "tenant"), (b'{"tenant": "nobody"}', "declare it"),
    (b'{"tenant": "acme", "team": "ghosts"}', "no team"), (b'{"tenant": "acme", "limit": []}', "did you mean 'limits'"),
    (b'{"tenant": "acme", "limits": ["many requests per minute"]}', "does not begin with a number"),
    (b'{"tenant": "acme", "limits": ["0 requests per minute"]}', "not more than nothing"),
    (b'{"tenant": "acme", "limits": ["1 dollars per day Europe/Nowhere"]}', "time zone"),
    (b'{"tenant": "acme", "expires_in": "-1d"}', "duration"), (b'{"tenant": "${HOME}"}', "HOME"),
    (b'{"tenant": "acme", "user": "a b\\n{c}"}', "label"), (b"x" * 100_000, "at most"),
])
def test_bad_orders_are_refused_with_the_reason(cluster, body, reason):
    status, answer = post(f"http://127.0.0.1:{cluster.routers[0].admin_port}/keys", body, TOKEN)
    assert status in (400, 413) and reason in answer["error"], answer


def test_nobody_makes_keys_without_the_token(cluster):
    admin = f"http://127.0.0.1:{cluster.routers[0].admin_port}/keys"
    assert post(admin, {"tenant": "acme"})[0] == 401
    assert post(admin, {"tenant": "acme"}, "wrong")[0] == 401
    assert post(f"{admin}/none", b"", TOKEN, "DELETE")[0] == 404


def test_without_redis_the_replica_alone_has_keys_too():
    with Cluster(1, "{ requests: 1000, per: hour }", admin=f", token: {TOKEN}", workers=4) as alone:
        router = alone.routers[0]
        made = post(f"http://127.0.0.1:{router.admin_port}/keys", {"tenant": "acme"}, TOKEN)[1]
        assert ask(router, made["key"])[0] == 200
        post(f"http://127.0.0.1:{router.admin_port}/keys/{made['id']}", b"", TOKEN, "DELETE")
        assert eventually(lambda: ask(router, made["key"])[0] == 401)
        status, _, error = keys(alone, "list")
        assert status == 1 and "admin port" in error


def test_without_a_token_in_the_configuration_the_admin_port_makes_none():
    with Cluster(1, "{ requests: 1000, per: hour }") as alone:
        status, answer = post(f"http://127.0.0.1:{alone.routers[0].admin_port}/keys", {"tenant": "acme"})
        assert status == 403 and "admin.token" in answer["error"]


def test_nothing_keeps_the_secret(cluster, redis):
    key = create(cluster)
    assert ask(cluster.routers[0], key)[0] == 200
    secret = key.split("-")[2]
    with Connection(redis.port) as connection:
        for name in connection.call("KEYS", "*"):
            kind = connection.call("TYPE", name)
            if kind == "none":  # gone since KEYS named it
                continue
            value = {
                "hash": ["HGETALL", name], "zset": ["ZRANGE", name, 0, -1], "string": ["GET", name]}[kind]
            assert secret not in name and secret not in str(connection.call(*value))
    assert not any(secret in line for router in cluster.routers for line in router.lines)


def test_inspect_shows_keys_and_no_secret(cluster, redis):
    key = create(cluster, "--user", "joan")
    run = subprocess.run(
        [BINARIES / "switchyard", "inspect", "--config", cluster.routers[0].config], capture_output=True, text=True,
        env={**os.environ, "PROVIDER_KEY": "x"}, timeout=60)
    assert run.returncode == 0 and f"k:{ident(key)}: key" in run.stdout and "acme; user joan" in run.stdout
    assert "NOT SWITCHYARD'S" not in run.stdout
    assert redis.command("GET", "sy:{keys}:secret") not in run.stdout and key.split("-")[2] not in run.stdout


def test_known_keys_stay_good_while_redis_is_away():
    redis = Redis()
    try:
        with Cluster(1, "{ requests: 100k, per: hour }", redis) as cluster:
            router = cluster.routers[0]
            known, unknown = create(cluster), create(cluster)
            time.sleep(1)  # the replica has heard of both: it knows by the count of changes that all is forgotten
            assert ask(router, known)[0] == 200
            redis.kill()
            assert eventually(lambda: router.metric("switchyard_redis_mode") == 1)
            assert ask(router, known)[0] == 200 and ask(router, CLIENT_KEY)[0] == 200
            answer = ask(router, unknown)
            assert answer[0] == 503 and code(answer) == "state_unavailable"
            assert code(ask(router, FORGED)) == "invalid_api_key"
            assert "does not answer" in keys(cluster, "list")[2]
            redis.start()  # everything is forgotten: a key without a record is no key
            assert eventually(lambda: ask(router, unknown)[0] == 401, 15)
            assert eventually(lambda: ask(router, known)[0] == 401, 15)
    finally:
        redis.stop()
