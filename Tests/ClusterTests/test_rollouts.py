"""Versions and rollouts by the command line and the admin port: replicas with a real Redis, and one without."""

import itertools
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from cluster import BINARIES, Cluster, Redis, eventually

TOKEN = "admin-token-of-tests"
MODEL = "mock-model"
LIMIT = "{ requests: 100k, per: hour }"
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def redis():
    redis = Redis()
    yield redis
    redis.stop()


@pytest.fixture(scope="module")
def shared(redis):
    with Cluster(3, LIMIT, redis, admin=f", token: {TOKEN}") as cluster:
        yield cluster


@pytest.fixture
def cluster(shared):
    """With nothing that is tried."""
    if report(shared)["models"][0]["candidate"]:
        assert call(shared, "rollout", "abort", MODEL)[0] == 0
    return shared


def call(cluster, *words, text=None):
    run = subprocess.run(
        [BINARIES / "switchyard", *map(str, words), "--config", cluster.routers[0].config], capture_output=True, text=True,
        input=text, env={**os.environ, "PROVIDER_KEY": "x", "SWITCHYARD_ADMIN_TOKEN": TOKEN}, timeout=60)
    return run.returncode, run.stdout.strip(), run.stderr.strip()


def done(cluster, *words, text=None):
    code, output, error = call(cluster, *words, text=text)
    assert code == 0, error
    return output


def refused(cluster, *words, text=None):
    code, output, error = call(cluster, *words, text=text)
    assert code == 1 and not output, output
    return error


def report(cluster):
    return json.loads(done(cluster, "rollout", "status", MODEL, "--json"))


def candidate(cluster):
    return report(cluster)["models"][0]["candidate"]


def version(number, temperature=0.5, prompt=None):
    lines = [f"model: {MODEL}", f"version: {number}", "deployment: mock", f"parameters: {{ temperature: {temperature} }}"]
    return "\n".join(lines + ([f'prompt: {{ template: "{prompt}" }}'] if prompt else [])) + "\n"


def registered(cluster, *words, **parts):
    number = next(numbers)
    done(cluster, "bundles", "register", "-", *words, text=version(number, **parts))
    return number


def api(router, method, path, body=None, token=TOKEN):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{router.admin_port}{path}", method=method, data=data)
    if token:
        request.add_header("authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        text = error.read().decode()
        return error.code, json.loads(text) if text.startswith("{") else text


def leaders(cluster):
    for router in cluster.routers:
        router.token = TOKEN
    return [r for r in cluster.routers if r.is_alive and r.metric("switchyard_control_leader_epoch") > 0]


def test_a_version_is_registered_once_and_for_ever(cluster):
    number = registered(cluster)
    assert f"{MODEL}  {number}  STAGING (mock)" in done(cluster, "bundles", "list", MODEL)
    assert json.loads(done(cluster, "bundles", "show", MODEL, number))["parameters"] == {"temperature": 0.5}
    assert done(cluster, "bundles", "register", "-", text=version(number)) == (
        f"Version {number} of {MODEL} is registered already.")
    assert "another content" in refused(cluster, "bundles", "register", "-", text=version(number, temperature=0.6))
    assert "there is no version 999" in refused(cluster, "bundles", "show", MODEL, 999)
    for words in (["rollout", "status"], ["bundles", "list"]):
        assert "there is no model 'other'" in refused(cluster, *words, "other")


@pytest.mark.parametrize("text, reason", [
    ("model: mock-model\nversion: 900\n", "deployment"),
    ("model: mock-model\nversion: 900\ndeployment: other\n", "'other' is not in the configuration"),
    ("model: other\nversion: 900\ndeployment: mock\n", "'other' is not in the configuration"),
    ("model: mock-model\nversion: 900\ndeployment: mock\nparameters: { stream: true }\n", "is the router's"),
    ("bundles: {\n", "body"),
])
def test_what_is_no_version_is_refused(cluster, text, reason):
    assert reason in refused(cluster, "bundles", "register", "-", text=text)
    request = urllib.request.Request(
        f"http://127.0.0.1:{cluster.routers[0].admin_port}/api/bundles", method="POST", data=text.encode(),
        headers={"authorization": f"Bearer {TOKEN}"})
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request, timeout=10)
    assert error.value.code == 400 and reason in json.loads(error.value.read())["error"]


def test_a_version_is_started_and_promoted_by_hand(cluster):
    number = registered(cluster)
    assert done(cluster, "rollout", "start", MODEL, number) == f"version {number} is CANARY"
    assert "say why, with --reason" in refused(cluster, "rollout", "promote", MODEL)
    answer = done(cluster, "rollout", "promote", MODEL, "--force", "--reason", "a test", "--by", "ann")
    assert answer == f"version {number} is ACTIVE"
    status = done(cluster, "rollout", "status", MODEL)
    assert f"{MODEL}: version {number} serves (mock)" in status and "no version is being tried" in status
    last = done(cluster, "rollout", "history", MODEL, "--count", 1)
    assert f"promote {MODEL} version {number}, CANARY → ACTIVE by ann: a test" in last


def test_what_it_will_cost_is_said_before_a_start(cluster, redis):
    number = registered(cluster)
    assert "estimate: unknown" in done(cluster, "rollout", "start", MODEL, number, "--estimate")
    # As a replica tells it of a minute, of which there may be another one by the time it is read.
    second = (int(time.time()) - 5) // 60 * 60
    redis.command(
        "HSET", f"sy:{{ro:{MODEL}}}:n:{second}", "m.n", 10, "m.in", 10_000, "m.out", 1_000, "m.cost", 12_000)
    try:
        text = done(cluster, "rollout", "start", MODEL, number, "--estimate")
        assert any(f"{n} requests a day, ${cost} a day as it is" in text for n, cost in ((14400, "17.28"), (7200, "8.64")))
        assert "canary at 25 %" in text and candidate(cluster) is None
        status, answer = api(cluster.routers[0], "GET", f"/api/rollouts/{MODEL}/estimate?version={number}")
        assert status == 200 and answer["estimate"]["requests_a_day"] in (14400, 7200)
        assert api(cluster.routers[0], "GET", f"/api/rollouts/{MODEL}/estimate?version=999")[0] == 404
        assert api(cluster.routers[0], "GET", f"/api/rollouts/{MODEL}/estimate")[0] == 400
    finally:
        redis.command("DEL", f"sy:{{ro:{MODEL}}}:n:{second}")


def test_of_two_who_saw_the_same_the_second_is_told(cluster):
    number = registered(cluster)
    done(cluster, "rollout", "start", MODEL, number)
    seen = report(cluster)["models"][0]["revision"]
    assert done(cluster, "rollout", "pause", MODEL, "--expect", seen) == f"version {number} is CANARY"
    assert "was changed meanwhile" in refused(cluster, "rollout", "abort", MODEL, "--expect", seen)
    assert candidate(cluster)["hold"] == "paused"
    assert "HELD: paused" in done(cluster, "rollout", "status", MODEL)
    done(cluster, "rollout", "resume", MODEL)
    assert "there is nothing to resume" in refused(cluster, "rollout", "resume", MODEL)


def test_what_was_rolled_back_never_comes_back(cluster):
    number = registered(cluster)
    done(cluster, "rollout", "start", MODEL, number)
    assert done(cluster, "rollout", "abort", MODEL, number) == f"version {number} is ROLLED_BACK"
    assert "was rolled back, which is for ever" in refused(cluster, "rollout", "start", MODEL, number)
    assert "no version of 'mock-model' is being tried" in refused(cluster, "rollout", "pause", MODEL)


def test_following_ends_with_the_rollout(cluster):
    number = registered(cluster)
    done(cluster, "rollout", "start", MODEL, number)
    words = [BINARIES / "switchyard", "rollout", "status", MODEL, "--follow", "--config", cluster.routers[0].config]
    follower = subprocess.Popen(
        list(map(str, words)), stdout=subprocess.PIPE, text=True, env={**os.environ, "PROVIDER_KEY": "x"})
    try:
        assert MODEL in follower.stdout.readline()
        done(cluster, "rollout", "abort", MODEL)
        output = follower.stdout.read()  # it ends by itself
        assert follower.wait(30) == 1 and "no version is being tried" in output and "[....................]" in output
    finally:
        follower.kill()


def test_who_asks_waits_while_the_registry_can_not_be_read(cluster, redis):
    number, key = registered(cluster), f"sy:{{ro}}:bundles:{MODEL}"
    redis.command("RENAME", key, f"{key}:aside")
    redis.command("SET", key, "no hash")
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(done, cluster, "rollout", "start", MODEL, number)
        time.sleep(3)
        assert not answer.done()
        redis.command("RENAME", f"{key}:aside", key)
        assert answer.result() == f"version {number} is CANARY"


def test_a_version_that_can_not_be_read_is_not_called_unknown(cluster, redis):
    redis.command("HSET", f"sy:{{ro}}:bundles:{MODEL}", 800, '{"model": 7}')
    try:
        assert "version 800 of mock-model can't be read by this leader" in refused(cluster, "rollout", "start", MODEL, 800)
    finally:
        redis.command("HDEL", f"sy:{{ro}}:bundles:{MODEL}", 800)


def test_a_vetoed_version_needs_somebody_to_take_it_back(cluster, redis):
    number = registered(cluster)
    redis.command("HSET", "sy:{ro}:veto", f"{MODEL}@{number}/*", "1795290242389 err r1", "mark", "1795290242389")
    assert "is vetoed" in refused(cluster, "rollout", "start", MODEL, number)
    assert f"version {number}: STAGING, VETOED" in done(cluster, "rollout", "status", MODEL)
    assert "say why" in refused(cluster, "rollout", "unveto", MODEL, number)
    done(cluster, "rollout", "unveto", MODEL, number, "--reason", "it was the network")
    assert done(cluster, "rollout", "start", MODEL, number) == f"version {number} is CANARY"


def test_two_changes_at_once_want_a_reason(cluster):
    first = registered(cluster)
    done(cluster, "rollout", "start", MODEL, first)
    done(cluster, "rollout", "promote", MODEL, "--force", "--reason", "a test")
    both = version(901, temperature=0.9, prompt="Be kind.")
    assert "changes prompt and parameters at once" in refused(cluster, "bundles", "register", "-", text=both)
    done(cluster, "bundles", "register", "-", "--reason", "they belong together", text=both)
    assert "differs from the one that serves in prompt and parameters" in refused(
        cluster, "rollout", "start", MODEL, 901)
    done(cluster, "rollout", "start", MODEL, 901, "--force", "--reason", "they belong together")


def test_versions_go_from_one_cluster_to_another(cluster):
    number = registered(cluster, temperature=0.25)
    exported = done(cluster, "bundles", "export", MODEL)
    other = Redis()
    try:
        with Cluster(1, LIMIT, other) as second:
            output = done(second, "bundles", "import", "-", text=exported + "\n")
            assert f"Version {number} of {MODEL} is registered." in output
            assert done(second, "bundles", "export", MODEL) == exported
            assert done(second, "bundles", "show", MODEL, number) == done(cluster, "bundles", "show", MODEL, number)
    finally:
        other.stop()


def test_the_admin_port_does_the_same(cluster):
    router, number = cluster.routers[1], next(numbers)
    body = {"model": MODEL, "version": number, "deployment": "mock", "parameters": {"temperature": 0.5}}
    assert api(router, "POST", "/api/bundles?by=ann", body) == (
        201, {"registered": [{"model": MODEL, "version": number, "new": True}]})
    assert api(router, "GET", f"/api/bundles/{MODEL}/{number}")[1]["parameters"] == {"temperature": 0.5}
    versions = api(router, "GET", f"/api/bundles?model={MODEL}")[1]["bundles"]
    assert {entry["version"]: entry["stage"] for entry in versions}[number] == "STAGING"
    path = f"/api/rollouts/{MODEL}"
    status, answer = api(router, "POST", f"{path}/start", {"version": number, "by": "ann"})
    assert (status, answer["answer"]) == (200, f"version {number} is CANARY")
    model = api(router, "GET", path)[1]["models"][0]
    assert model["candidate"]["version"] == number and model["candidate"]["state"] == "CANARY"
    assert api(router, "GET", "/api/rollouts")[1]["models"] == api(router, "GET", path)[1]["models"]
    assert api(router, "POST", f"{path}/abort", {"expect": 0})[0] == 409
    assert api(router, "POST", f"{path}/abort")[0] == 200
    history = api(router, "GET", f"{path}/history?count=2")[1]["history"]
    assert [line["what"] for line in history] == ["abort", "start"] and history[1]["by"] == "ann"


@pytest.mark.parametrize("method, path, body, status", [
    ("GET", "/api/rollouts/mock-model/later", None, 404),
    ("GET", "/api/rollouts/other", None, 404),
    ("GET", "/api/bundles?model=other", None, 404),
    ("POST", "/api/rollouts/mock-model/dance", {}, 404),
    ("POST", "/api/rollouts/mock-model/start", {}, 400),
    ("POST", "/api/rollouts/mock-model/start", {"version": 999}, 409),
    ("POST", "/api/rollouts/other/start", {"version": 1}, 409),
    ("POST", "/api/rollouts/mock-model/start", {"version": 1, "colour": "blue"}, 400),
    ("POST", "/api/rollouts/mock-model/pause", {}, 404),
    ("GET", "/api/rollouts/mock-model/history?count=0", None, 400),
    ("GET", "/api/bundles/mock-model/first", None, 400),
    ("GET", "/api/bundles/mock-model/999", None, 404),
])
def test_what_makes_no_sense_is_an_error_that_says_so(cluster, method, path, body, status):
    code, answer = api(cluster.routers[0], method, path, body)
    assert code == status and answer["error"]


def test_all_of_it_wants_the_token(cluster):
    for path in ("/api/bundles", "/api/rollouts", f"/api/rollouts/{MODEL}/history"):
        assert api(cluster.routers[0], "GET", path, token=None)[0] == 401
        assert api(cluster.routers[0], "GET", path, token="other")[0] == 401


def test_one_replica_leads_and_another_one_goes_on(cluster):
    assert eventually(lambda: len(leaders(cluster)) == 1, 15)
    number = registered(cluster)
    done(cluster, "rollout", "start", MODEL, number)
    for end in (signal.SIGKILL, signal.SIGTERM):
        leader = leaders(cluster)[0]
        epoch = leader.metric("switchyard_control_leader_epoch")
        position = cluster.routers.index(leader)
        leader.signal(end)
        leader.wait()
        others = eventually(lambda: leaders(cluster), 20)
        assert len(others) == 1 and others[0].metric("switchyard_control_leader_epoch") > epoch
        assert candidate(cluster)["version"] == number
        done(cluster, "rollout", "pause", MODEL)
        cluster.replace(position)


def test_without_redis_a_replica_is_asked(tmp_path):
    with Cluster(1, LIMIT, admin=f", token: {TOKEN}") as cluster:
        assert "--replica HOST:PORT" in refused(cluster, "rollout", "status")
        where = ["--replica", f"127.0.0.1:{cluster.routers[0].admin_port}"]
        path = tmp_path / "version.yaml"
        path.write_text(version(1))
        assert '"new": true' in done(cluster, "bundles", "register", path, *where)
        assert done(cluster, "rollout", "start", MODEL, 1, *where) == "version 1 is CANARY"
        assert "version 1: CANARY at 0 %" in done(cluster, "rollout", "status", MODEL, *where)
        assert "is not registered" in refused(cluster, "rollout", "promote", MODEL, 7, "--reason", "${x}", *where)
        assert "start mock-model version 1, STAGING → CANARY" in done(cluster, "rollout", "history", MODEL, *where)
        assert json.loads(done(cluster, "bundles", "list", *where))["bundles"][0]["stage"] == "CANARY"


def test_without_a_token_there_is_no_way_in():
    with Cluster(1, LIMIT) as cluster:
        status, answer = api(cluster.routers[0], "GET", "/api/rollouts")
        assert status == 403 and "set admin.token" in answer["error"]
