"""Copies of requests for a version that is tried: real replicas, a real Redis, a simulated provider. In the first part the leader is
played, as in `test_versions`; in the second it is one of the replicas."""

import json
import os
import subprocess
import threading
import time
import urllib.request

import pytest

from cluster import BINARIES, eventually
from support import CLIENT_KEY, KEYS
from test_versions import Case

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 2, drain_notice: 1ms }}
admin: {{ port: {admin_port} }}
state: {{ redis: "{redis}" }}
cache: {{ ttl: 60s }}
breaker: {{ min_requests: 10000 }}
providers:
  sim: {{ dialect: openai, base_url: "{sim}/v1", api_key: "${{PROVIDER_KEY}}" }}
deployments:
  small: {{ provider: sim, model: sim-small, price: {{ input: 100, output: 100 }} }}
  large: {{ provider: sim, model: sim-large, price: {{ input: 1000, output: 1000 }} }}
  free: {{ provider: sim, model: sim-free }}
models:
  chat: {{ deployments: [small], retry: {{ attempts: 1 }}, cache: all }}
tenants:
  acme: {{ limits: [ {{ requests: 100000, per: hour }} ], keys: [ {{ id: ci, sha256: {key} }} ] }}
rollout: {{ %s }}
"""

SHADOW = "shadow: {{ sample: 10%, budget: 1000, max_concurrent: 4, timeout: 2s }}"
LINE = "ver=1 active=11 candidate=12 state=SHADOW step=0 weight={weight} since=1 slow95=60000 long95=1000"


class Copies(Case):
    """A played leader has decided that version 12 gets copies."""

    def __init__(self, folder, rollout=SHADOW, deployment="large", weight=100, replicas=1, config=CONFIG):
        super().__init__(folder, replicas, config % rollout)
        if "token:" in config:
            for router in self.routers:
                router.token = "admin-token-of-tests"
        for number, name in ((11, "small"), (12, deployment)):
            self.leader.register(number, name)
        self.leader.stamp()
        self.leader.decide(LINE.format(weight=weight))
        self.applied()
        # What others spent is known a second later.
        time.sleep(1.5)

    def copies(self, text=""):
        return [entry for entry in self.simulator.log(text) if entry["model"] in ("sim-large", "sim-free")]

    def dropped(self, reason):
        return sum(router.metric("switchyard_shadow_drops_total", model="chat", reason=reason) for router in self.routers)

    def counts(self):
        """All that was counted of either arm."""
        sums = {}
        for key in self.redis.command("KEYS", "sy:{ro:chat}:n:*"):
            words = self.redis.command("HGETALL", key)
            for name, value in zip(words[::2], words[1::2]):
                if not name.startswith("@"):
                    sums[name] = sums.get(name, 0) + int(value)
        return sums

    def lines(self, arm):
        return [
            json.loads(line) for router in self.routers for line in list(router.lines)
            if '"duration_us"' in line and f'"arm":"{arm}"' in line]


@pytest.fixture
def copies(tmp_path):
    made = []

    def make(**values):
        made.append(Copies(tmp_path, **values))
        return made[-1]
    yield make
    for case in made:
        case.stop()


def test_a_copy_is_sent_once_the_client_has_its_answer_and_nobody_sees_it(copies):
    case = copies()
    status, headers, _ = case.ask(1, session=1)
    assert status == 200
    assert (headers["x-switchyard-arm"], headers["x-switchyard-version"]) == ("baseline", "11")
    assert eventually(lambda: case.copies("hi 1"))
    (copy,) = case.copies("hi 1")
    body = json.loads(copy["body"])
    assert body["model"] == "sim-large" and body["messages"][0]["content"] == "hi 1"
    assert copy["headers"]["x-switchyard-arm"] == "shadow"
    assert eventually(lambda: case.lines("shadow"))
    (line,) = case.lines("shadow")
    assert line["request_id"] == headers["x-request-id"] and line["version"] == 12 and line["deployment"] == "large"
    assert line["status"] == 200 and "tenant" not in line and "key_id" not in line and line["cost_microdollars"] > 0
    metric = case.routers[0].metric
    assert metric("switchyard_shadow_copies_total", model="chat", result="ok") == 1
    # Neither the tenant nor the model is charged for it.
    assert metric("switchyard_requests_total", model="chat") == 1
    assert metric("switchyard_ratelimit_decisions_total", result="admitted") == 1
    assert metric("switchyard_upstream_attempts_total", deployment="large") == 0
    assert metric("switchyard_rollout_weight", model="chat", arm="shadow") == 1
    assert metric("switchyard_rollout_weight", model="chat", arm="canary") == 0
    own = case.lines("baseline")[0]["cost_microdollars"]
    assert metric("switchyard_cost_dollars_total", model="chat") == pytest.approx(own / 1e6)
    assert metric("switchyard_shadow_cost_dollars_total", model="chat") == pytest.approx(line["cost_microdollars"] / 1e6)
    # The next one is answered from the cache, by the version that serves.
    status, headers, _ = case.ask(1, session=1)
    assert "hit" in headers["cache-status"] and headers["x-switchyard-version"] == "11"
    time.sleep(0.5)
    assert len(case.copies("hi 1")) == 1 and case.dropped("no_evidence") == 1
    for router in case.routers:
        router.end()


def test_the_same_sessions_are_copied_on_all_replicas(copies):
    case = copies(weight=30, replicas=2)
    for session in range(40):
        for router in case.routers:
            assert case.ask(f"s{session}x", session=session, router=router, cache_control="no-cache")[0] == 200
    assert eventually(lambda: len(case.copies()) >= 2)
    time.sleep(1)
    seen = {}
    for entry in case.copies():
        session = json.loads(entry["body"])["messages"][0]["content"]
        seen[session] = seen.get(session, 0) + 1
    assert 3 <= len(seen) <= 25 and set(seen.values()) <= {1, 2}
    assert list(seen.values()).count(1) <= case.dropped("busy")


def test_a_copy_is_waited_for_by_nobody(copies):
    case = copies()
    case.fails({"match": {"model": "sim-large"}, "fault": {"stall": "before_first_byte"}})
    begin = time.monotonic()
    for number in range(6):
        assert case.ask(number, session=number)[0] == 200
    assert time.monotonic() - begin < 1.5
    # Four are under way; they are given up after two seconds.
    assert eventually(
        lambda: case.routers[0].metric("switchyard_shadow_active") == 4 and case.dropped("full") == 2, 1)
    assert eventually(lambda: case.routers[0].metric("switchyard_shadow_active") == 0, 5)
    assert case.routers[0].metric("switchyard_shadow_copies_total", model="chat", result="deadline") == 4
    # Whoever was cut off may have been at work: what was set aside is spent.
    assert case.routers[0].metric("switchyard_shadow_cost_dollars_total", model="chat") > 0
    case.routers[0].end()


def test_a_replica_ends_while_copies_are_under_way(copies):
    case = copies()
    case.fails({"match": {"model": "sim-large"}, "fault": {"stall": "before_first_byte"}})
    assert case.ask(1, session=1)[0] == 200
    assert eventually(lambda: case.copies("hi 1"))
    begin = time.monotonic()
    assert case.routers[0].stop() == 0
    assert time.monotonic() - begin < 2
    assert '"arm":"shadow"' in case.routers[0].output


@pytest.mark.parametrize("members, headers, reason", [
    ({"tools": [{"type": "function", "function": {"name": "f"}}]}, {}, "tools"),
    ({"store": True}, {}, "stateful"),
    ({}, {"cache_control": "no-store"}, "no_store"),
])
def test_what_must_not_happen_twice_is_not_copied(copies, members, headers, reason):
    case = copies()
    body = {"model": "chat", "messages": [{"role": "user", "content": "only once"}], **members}
    request = urllib.request.Request(
        f"{case.routers[0].url}/v1/chat/completions", json.dumps(body).encode(),
        {"authorization": f"Bearer {CLIENT_KEY}", "content-type": "application/json", "x-session-id": "s1"}
        | {name.replace("_", "-"): value for name, value in headers.items()})
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200
    assert eventually(lambda: case.dropped(reason) == 1)
    assert case.ask(2, session=1)[0] == 200
    assert eventually(lambda: case.copies("hi 2"))
    assert not case.copies("only once")


def test_tools_are_copied_where_that_is_allowed(copies):
    case = copies(rollout=SHADOW.replace("timeout", "tools: true, timeout"))
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    body = {"model": "chat", "messages": [{"role": "user", "content": "twice"}], "tools": tools}
    request = urllib.request.Request(
        f"{case.routers[0].url}/v1/chat/completions", json.dumps(body).encode(),
        {"authorization": f"Bearer {CLIENT_KEY}", "content-type": "application/json", "x-session-id": "s1"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200
    assert eventually(lambda: case.copies("twice"))


def test_without_a_price_no_budget_holds_and_nothing_is_copied(copies):
    case = copies(deployment="free")
    assert case.ask(1, session=1)[0] == 200
    assert eventually(lambda: case.dropped("unpriced") == 1) and not case.copies()


def test_a_failing_candidate_is_nobodys_trouble(copies):
    case = copies(config=CONFIG.replace("min_requests: 10000", "min_requests: 5"))
    case.fails({"match": {"model": "sim-large"}, "fault": {"status": 500}})
    for number in range(30):
        assert case.ask(number, session=number)[0] == 200
        time.sleep(0.02)
    assert eventually(lambda: case.routers[0].metric("switchyard_shadow_active") == 0)
    failed = case.routers[0].metric("switchyard_shadow_copies_total", model="chat", result="server_error")
    assert failed >= 25
    assert case.routers[0].metric("switchyard_breaker_state", deployment="large") == 0
    assert eventually(lambda: case.counts().get("s.n", 0) == failed, 5)
    counts = case.counts()
    assert counts["s.err"] == counts["s.n"] == counts["b.n"] and "b.err" not in counts and "c.n" not in counts


def test_who_asks_to_be_left_alone_is(copies):
    case = copies()
    case.fails({"match": {"model": "sim-large"}, "fault": {"status": 429, "retry_after": "30"}})
    assert case.ask(1, session=1)[0] == 200
    assert eventually(lambda: case.routers[0].metric("switchyard_shadow_copies_total", result="rate_limited") == 1)
    for number in range(2, 6):
        assert case.ask(number, session=number)[0] == 200
    assert eventually(lambda: case.dropped("cooldown") == 4) and len(case.copies()) == 1
    time.sleep(1.2)
    assert "s.n" not in case.counts(), "too many copies are no fault of the version"


def test_all_replicas_spend_from_one_budget(copies):
    # A copy's 5 tokens out and some in cost $1000 a million: above half a cent.
    case = copies(rollout=SHADOW.replace("budget: 1000", "budget: 0.2"), replicas=2)
    for number in range(60):
        assert case.ask(number, session=number, router=case.routers[number % 2])[0] == 200
        time.sleep(0.05)
    assert case.dropped("budget_spent") >= 5
    assert eventually(lambda: case.redis.command("HGET", "sy:{ro}:shadow:budget:chat", "spent"), 5)
    time.sleep(1.5)
    spent = int(case.redis.command("HGET", "sy:{ro}:shadow:budget:chat", "spent"))
    costs = sum(line["cost_microdollars"] for line in case.lines("shadow"))
    assert spent == costs
    # Beyond the budget at most what the other replica's copies under way and those of the last second cost.
    assert 100_000 <= spent <= 400_000
    assert case.redis.command("HGET", "sy:{ro}:shadow:budget:chat", "day") == str(int(time.time() // 86_400))
    for router in case.routers:
        assert router.metric("switchyard_shadow_spent_dollars", model="chat") == pytest.approx(spent / 1e6)


def test_lengths_refusals_and_formats_are_compared(copies):
    case = copies()
    answer = {"id": "x", "object": "chat.completion", "model": "m", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": None, "refusal": "No."}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2000, "total_tokens": 2005}}
    case.fails({"match": {"model": "sim-large"}, "fault": {"status": 200, "body": json.dumps(answer)}})
    assert case.ask(1, session=1)[0] == 200
    assert eventually(lambda: case.counts().get("s.n") == 1, 5)
    counts = case.counts()
    assert (counts["s.r"], counts["s.refusal"], counts["b.r"]) == (1, 1, 1) and "b.refusal" not in counts
    assert (counts["s.o"], counts["s.long95"], counts["b.o"]) == (1, 1, 1) and "b.long95" not in counts
    assert "s.f" not in counts
    # The baseline answers as JSON, the candidate as text.
    answer["choices"][0]["message"] = {"role": "assistant", "content": "No JSON at all."}
    case.fails({"match": {"model": "sim-large"}, "fault": {"status": 200, "body": json.dumps(answer)}})
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    body = {
        "model": "chat", "messages": [{"role": "user", "content": "as JSON"}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}}
    request = urllib.request.Request(
        f"{case.routers[0].url}/v1/chat/completions", json.dumps(body).encode(),
        {"authorization": f"Bearer {CLIENT_KEY}", "content-type": "application/json", "x-session-id": "s2"})
    with urllib.request.urlopen(request, timeout=20) as reply:
        json.loads(json.loads(reply.read())["choices"][0]["message"]["content"])
    assert eventually(lambda: case.counts().get("s.f") == 1, 5)
    counts = case.counts()
    assert (counts["s.format"], counts["b.f"]) == (1, 1) and "b.format" not in counts


def test_explain_says_whether_a_session_is_copied(copies):
    case = copies(config=CONFIG.replace("port: {admin_port} }}", "port: {admin_port}, token: admin-token-of-tests }}"))
    body = {"model": "chat", "messages": [{"role": "user", "content": "hi"}]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{case.routers[0].admin_port}/api/explain?key=ci", json.dumps(body).encode(),
        {"content-type": "application/json", "x-session-id": "s1", "authorization": "Bearer admin-token-of-tests"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        told = json.loads(answer.read())["version"]
    assert (told["number"], told["arm"], told["salt"]) == (11, "baseline", "chat@12/shadow")
    assert told["why"] == "version 12 gets copies of 100 % of the sessions, and this one is among them"
    assert not case.copies()


# ---- With a leader of its own --------------------------------------------------------------------------------------

STEPS = (
    "shadow: {{ sample: 100%, budget: 1000, max_concurrent: 64, timeout: 2s }}, steps: [50], min_requests: 60, min_time: 2s,"
    " traffic_hour: 2s, max_time: 120s, bake_time: 0s, lease: 1s, error_ratio: 30, latency_ratio: 30, cost_ratio: 30")


class Load:
    """Requests of sessions of their own, until it is stopped."""

    def __init__(self, case, threads=4):
        self.case, self.stopping, self.failed = case, threading.Event(), 0
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        while not self.stopping.is_set():
            number += len(self.threads)
            if self.case.ask(number, session=number, router=self.case.routers[number % len(self.case.routers)])[0] != 200:
                self.failed += 1
            time.sleep(0.005)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


@pytest.fixture
def led(tmp_path):
    # Of the same price.
    case = Case(tmp_path, 2, CONFIG.replace("input: 1000, output: 1000", "input: 100, output: 100") % STEPS)
    yield case
    case.stop()


def call(case, *words, text=None):
    run = subprocess.run(
        [BINARIES / "switchyard", *map(str, words), "--config", case.routers[0].config], capture_output=True, text=True,
        input=text, env={**os.environ, **KEYS}, timeout=60)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def start(case):
    text = "model: chat\nversion: 12\ndeployment: large\n"
    call(case, "bundles", "register", "-", text=text)
    return call(case, "rollout", "start", "chat", 12)


def candidate(case):
    return json.loads(call(case, "rollout", "status", "chat", "--json"))["models"][0]["candidate"]


def test_a_version_whose_copies_are_fine_becomes_a_canary(led):
    load = Load(led)
    try:
        assert start(led) == "version 12 is SHADOW"
        assert eventually(lambda: (candidate(led) or {}).get("weight") == 100, 30)
        assert candidate(led)["state"] == "SHADOW"
        assert eventually(lambda: "of 60 pairs" in call(led, "rollout", "status", "chat"), 20)
        assert "SHADOW, copies of 100 %" in call(led, "rollout", "status", "chat")
        assert eventually(lambda: (candidate(led) or {"state": "CANARY"})["state"] == "CANARY", 90)
    finally:
        load.stop()
    assert load.failed == 0
    assert "SHADOW → CANARY by controller: its copies are fine" in call(led, "rollout", "history", "chat")


def test_a_version_whose_copies_fail_is_rolled_back_before_anybody_sees_it(led):
    led.fails({"match": {"model": "sim-large"}, "fault": {"status": 500}})
    load = Load(led)
    try:
        start(led)
        assert eventually(lambda: candidate(led) is None, 60)
    finally:
        load.stop()
    assert load.failed == 0
    assert "SHADOW → ROLLED_BACK" in call(led, "rollout", "history", "chat")
    assert eventually(lambda: all(
        router.metric("switchyard_rollout_weight", model="chat", arm="shadow") == 0 for router in led.routers), 5)
