"""`POST /api/explain` and `switchyard explain --replica` at a running replica, with its own memory and with a real Redis: what it says
wins is what happens, and nothing is changed by asking."""

import http.client
import json
import re
import subprocess
import threading
import time
import urllib.parse

import pytest

from cluster import BINARIES, Redis, Simulator, eventually, free_port, sha256
from support import CLIENT_KEY, KEYS, NARROW_KEY, PROVIDER_KEY, Router, SECRETS, prompt

TOKEN = "admin-token-of-tests"
SPENT_KEY, OTHER_KEY = "sy-spent-12ab", "sy-other-34cd"

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 1, drain_notice: 1ms }}
admin: {{ port: {admin_port}, token: {token} }}
{state}
{more}
cache: {{ ttl: 60s }}
breaker: {{ min_requests: 5, base: 60s }}
providers:
  alpha: {{ dialect: openai, base_url: "{alpha}/v1", api_key: "${{PROVIDER_KEY}}" }}
  beta: {{ dialect: openai, base_url: "{beta}/v1", api_key: "${{PROVIDER_KEY}}" }}
  refused: {{ dialect: openai, base_url: "{beta}/v1", api_key: "${{REFUSED_KEY}}" }}
  narrow: {{ dialect: openai, base_url: "{beta}/v1", api_key: "${{PROVIDER_KEY}}", max_concurrent: 1 }}
deployments:
  a: {{ provider: alpha, model: sim-a, price: {{ input: 1, output: 2 }} }}
  b: {{ provider: beta, model: sim-b }}
  failing: {{ provider: alpha, model: sim-failing }}
  cooling: {{ provider: alpha, model: sim-cooling }}
  barred: {{ provider: refused, model: sim-barred }}
  narrow: {{ provider: narrow, model: sim-narrow }}
  small: {{ provider: alpha, model: sim-small, limits: [ {{ requests: 1, per: hour }} ] }}
  tiny: {{ provider: alpha, model: sim-tiny, limits: [ {{ requests: 1, per: hour }} ] }}
models:
  first: {{ deployments: [a], fallbacks: [second] }}
  second: {{ deployments: [b] }}
  both: {{ deployments: [a, b] }}
  turns: {{ deployments: [a, b], balance: round_robin }}
  loyal: {{ deployments: [a, b], affinity: session }}
  failing: {{ deployments: [failing], fallbacks: [second] }}
  cooling: {{ deployments: [cooling], fallbacks: [second] }}
  barred: {{ deployments: [barred] }}
  narrow: {{ deployments: [narrow] }}
  small: {{ deployments: [small], fallbacks: [second] }}
  tiny: {{ deployments: [tiny], cache: none }}
  hedged: {{ deployments: [a, b], hedge: {{ after: 300ms }} }}
tenants:
  acme:
    limits: [ {{ requests: 1000, per: minute }}, {{ dollars: 50, per: day }}, {{ concurrent: 90 }} ]
    keys: [ {{ id: wide, sha256: {wide} }}, {{ id: narrow, sha256: {narrow}, models: [first] }} ]
  spent: {{ limits: [ {{ requests: 1, per: hour }} ], keys: [ {{ id: spent, sha256: {spent} }} ] }}
  other: {{ keys: [ {{ id: others-key, sha256: {other} }} ] }}
"""


class Case:
    """A replica before two simulators, and how to ask it."""

    def __init__(self, folder, redis=None, more=""):
        self.redis, self.folder = redis, folder
        self.alpha, self.beta = Simulator("--key", PROVIDER_KEY), Simulator("--key", PROVIDER_KEY)
        self.ports = {"port": free_port(), "admin_port": free_port()}
        state = f'state: {{ redis: "{redis.url}", timeout: 1s }}' if redis else ""
        self.config = folder / "switchyard.yaml"
        self.config.write_text(CONFIG.format(
            state=state, more=more, token=TOKEN, alpha=self.alpha.url, beta=self.beta.url, wide=sha256(CLIENT_KEY),
            narrow=sha256(NARROW_KEY), spent=sha256(SPENT_KEY), other=sha256(OTHER_KEY), **self.ports))
        self.router = AdminRouter(self.config, KEYS, **self.ports).wait_until_ready()

    def stop(self):
        for process in (self.router, self.alpha, self.beta):
            process.stop()
        printed = [secret for secret in SECRETS + [TOKEN] if secret in self.router.output]
        assert not printed, printed

    def explain(self, body, key="wide", status=200, method="POST", token=TOKEN, headers=(), **query):
        words = {**({"key": key} if key else {}), **query}
        headers = dict(headers) | ({"authorization": f"Bearer {token}"} if token else {})
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        code, text = call(
            self.ports["admin_port"], method, f"/api/explain?{urllib.parse.urlencode(words)}", data, headers)
        assert code == status, text
        assert not [secret for secret in SECRETS + [TOKEN] if secret in text]
        assert "others-key" not in text
        return json.loads(text) if text[:1] == "{" else text

    def send(self, body, key=CLIENT_KEY, headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["port"], timeout=20)
        connection.request(
            "POST", "/v1/chat/completions", json.dumps(body),
            {"authorization": f"Bearer {key}", "content-type": "application/json", **dict(headers)})
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer

    def endpoint(self, answer):
        """Where an exchange was sent, as the access log has it."""
        return self.router.access_log(answer.headers["x-request-id"])["endpoint"]


class AdminRouter(Router):
    def metrics(self):
        text = call(self.admin_port, "GET", "/metrics", None, {"authorization": f"Bearer {TOKEN}"})[1]
        samples = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in samples}


def call(port, method, path, data, headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, data, headers)
    answer = connection.getresponse()
    result = answer.status, answer.read().decode()
    connection.close()
    return result


@pytest.fixture(scope="module", params=["memory", "redis"])
def case(request, tmp_path_factory):
    redis = Redis() if request.param == "redis" else None
    case = Case(tmp_path_factory.mktemp("explain"), redis)
    yield case
    case.stop()
    if redis:
        redis.stop()


def chat(model, text="Say something.", /, **directive):
    return {"model": model, "messages": prompt(text, **directive), "max_tokens": 20}


def row(answer, stage=0, number=0):
    return answer["stages"][stage]["candidates"][number]


def test_what_it_says_wins_is_what_happens(case):
    asks = [(chat("first"), {}), (chat("second"), {})] + [(chat("turns"), {})] * 6
    asks += [(chat("loyal"), {"x-session-id": f"s{number}"}) for number in range(8)]
    seen = set()
    for body, headers in asks:
        told = case.explain(body, headers=headers)["answer"]
        assert case.explain(body, headers=headers)["answer"] == told, "asking changes nothing"
        assert told["is"] == "sent" and told["chance"] == 1
        answer = case.send(body, headers=headers)
        assert answer.status == 200, answer.text
        assert (told["endpoint"], told["deployment"]) == (case.endpoint(answer), answer.headers["x-switchyard-deployment"])
        assert told["model"] == answer.headers["x-switchyard-model"]
        seen.add((body["model"], told["deployment"]))
    assert {("turns", "a"), ("turns", "b"), ("loyal", "a"), ("loyal", "b")} <= seen


def test_an_idle_pool_is_left_to_chance_and_a_busy_endpoint_loses(case):
    told = case.explain(chat("both"))
    assert {item["is"] for item in told["stages"][0]["candidates"]} == {"wins", "may win"}
    assert 0.4 < told["answer"]["chance"] < 0.6
    slow = threading.Thread(target=case.send, args=(chat("first", ttft="3s"),))
    slow.start()
    try:
        assert eventually(lambda: row(case.explain(chat("first")))["state"]["in_flight"] == 1)
        told = case.explain(chat("both"))
        busy, idle = (row(told, 0, number) for number in (0, 1))
        assert (busy["is"], idle["is"], told["answer"]["chance"]) == ("loses", "wins", 1)
        assert "1 in flight" in busy["why"] and busy["score"] > idle["score"] and busy["state"]["in_flight"] == 1
        for _ in range(4):
            assert case.endpoint(case.send(chat("both"))) == told["answer"]["endpoint"]
    finally:
        slow.join()


def test_where_every_endpoint_is_full_a_request_would_wait(case):
    assert case.explain(chat("narrow"))["answer"]["is"] == "sent"
    slow = threading.Thread(target=case.send, args=(chat("narrow", ttft="2s"),))
    slow.start()
    try:
        assert eventually(lambda: case.explain(chat("narrow"))["answer"]["is"] == "waits")
        full = row(case.explain(chat("narrow")))
        assert full["is"] == "out" and full["why"].startswith("full: 1 in flight of the 1 that it takes"), full
    finally:
        slow.join()


class Busy:
    """A request that has the only place of `narrow`."""

    def __init__(self, case):
        self.thread = threading.Thread(target=case.send, args=(chat("narrow", ttft="4s"),))
        self.thread.start()
        assert eventually(lambda: row(case.explain(chat("narrow")))["is"] == "out")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.thread.join()


def expect_the_same_refusal(case, told, answer):
    error = json.loads(answer.text)["error"]
    assert told["is"] == "refused"
    assert (told["status"], told["code"], told["message"]) == (answer.status, error["code"], error["message"])
    assert told["retry_after_ms"] == int(answer.headers["retry-after-ms"])


def test_where_nobody_may_wait_a_full_endpoint_refuses_as_the_api_does(tmp_path):
    case = Case(tmp_path, more="queue: { max: 0 }")
    try:
        with Busy(case):
            told = case.explain(chat("narrow"))
            assert told["answer"]["code"] == "endpoints_full"
            expect_the_same_refusal(case, told["answer"], case.send(chat("narrow")))
            assert case.explain(chat("narrow"), "spent")["answer"]["code"] == "endpoints_full"
            assert case.send(chat("second"), SPENT_KEY).status == 200
            assert case.explain(chat("narrow"), "spent")["answer"]["status"] == 429, "the caller's limits come first"
    finally:
        case.stop()


def test_where_the_queue_is_full_it_is_refused_unless_its_class_makes_it_room(tmp_path):
    case = Case(tmp_path, more="queue: { max: 1, max_wait: 20s }")
    low = {"x-priority": "batch"}
    try:
        with Busy(case):
            waiter = threading.Thread(target=case.send, args=(chat("narrow"),), kwargs={"headers": low})
            waiter.start()
            assert eventually(lambda: case.router.metric("switchyard_queue_waiting") == 1)
            assert case.explain(chat("narrow"))["answer"]["is"] == "waits"
            told = case.explain(chat("narrow"), headers=low)["answer"]
            assert told["code"] == "queue_full"
            expect_the_same_refusal(case, told, case.send(chat("narrow"), headers=low))
            assert case.explain(chat("narrow"), headers={"x-priority": "now"})["answer"]["code"] == "invalid_priority"
        waiter.join()
    finally:
        case.stop()


def test_what_would_come_too_late_is_refused_as_the_api_does(case):
    hurry = {"x-request-timeout-ms": "40"}
    told = case.explain(chat("first"), headers=hurry)
    answer = case.send(chat("first"), headers=hurry)
    assert (told["answer"]["status"], told["answer"]["code"]) == (answer.status, "deadline_exceeded") == (504, "deadline_exceeded")
    assert row(told)["is"] == "out" and row(told)["why"].startswith("too late: ")


def test_who_wants_one_attempt_is_told_of_one(case):
    for headers in ({"x-switchyard-attempt": "2"}, {"x-should-retry": "false"}):
        assert any(note.startswith("One attempt only, as") for note in case.explain(chat("first"), headers=headers)["notes"])
    notes = case.explain(chat("hedged"))["notes"]
    assert any("longer than 300ms" in note for note in notes), notes


def test_an_open_breaker_is_named_and_the_fallback_wins(case):
    for _ in range(12):
        case.send(chat("failing", status=500, model="sim-failing"))
    assert eventually(lambda: row(case.explain(chat("failing")))["is"] == "out")
    told = case.explain(chat("failing"))
    failing = row(told)
    rule = r"open for \S+: too many calls failed \(it opens at 50 % of at least 5 in 10s\)"
    assert re.match(rule, failing["why"]), failing
    assert ("in the whole cluster" in failing["why"]) or ("at this replica" in failing["why"])
    assert told["answer"]["deployment"] == "b" and row(told, 1)["is"] == "wins"
    answer = case.send(chat("failing"))
    assert (answer.headers["x-switchyard-deployment"], answer.headers["x-switchyard-attempts"]) == ("b", "1")


def test_a_cooldown_is_named(case):
    case.send(chat("cooling", status=429, retry_after=30, model="sim-cooling"))
    told = case.explain(chat("cooling"))
    assert row(told)["is"] == "out" and "asked to be left alone" in row(told)["why"]
    assert told["answer"]["deployment"] == "b"
    assert case.send(chat("cooling")).headers["x-switchyard-deployment"] == "b"


def test_where_nobody_is_left_it_is_the_clients_own_error(case):
    assert case.send(chat("barred")).status == 502
    told = case.explain(chat("barred"))
    assert "refuses the router's credential" in row(told)["why"]
    error = json.loads(case.send(chat("barred")).text)["error"]
    assert (told["answer"]["is"], told["answer"]["status"], told["answer"]["code"]) == ("refused", 503, error["code"])
    assert told["answer"]["message"] == error["message"]


def test_a_deployments_spent_limit_is_passed_over(case):
    assert case.explain(chat("small"))["answer"]["deployment"] == "small"
    assert case.send(chat("small")).headers["x-switchyard-deployment"] == "small"
    told = case.explain(chat("small"))
    assert row(told)["is"] == "out" and "limit spent, 0 of 1 requests per hour" in row(told)["why"]
    assert told["stages"][0]["deployments"][0]["limits"][0]["left"] == 0
    assert told["answer"]["deployment"] == "b"
    assert case.send(chat("small")).headers["x-switchyard-deployment"] == "b"
    assert case.send(chat("tiny")).status == 200
    told, answer = case.explain(chat("tiny"))["answer"], case.send(chat("tiny"))
    assert (told["status"], told["code"]) == (answer.status, json.loads(answer.text)["error"]["code"]) == (429, "capacity_exceeded")


def test_a_callers_spent_limit_refuses_with_the_same_retry_after(case):
    assert case.send(chat("second"), SPENT_KEY).status == 200
    told = case.explain(chat("second"), "spent")
    assert told["limits"][0]["left"] == 0 and told["limits"][0]["room"] is False
    assert row(told)["is"] == "later" and "refused before" in row(told)["why"]
    answer = case.send(chat("second"), SPENT_KEY)
    assert (told["answer"]["status"], told["answer"]["code"]) == (answer.status, "rate_limit_exceeded") == (429, "rate_limit_exceeded")
    assert 0 <= told["answer"]["retry_after_ms"] - int(answer.headers["retry-after-ms"]) < 20_000


def test_it_tells_what_limits_have_left(case):
    def left():
        return {limit["measure"]: limit["left"] for limit in case.explain(chat("second"))["limits"]}
    before = left()
    assert before["concurrent"] == 90 and 0 < before["dollars"] <= 50_000_000 and before["requests"] > 900
    answer = case.send(chat("first"))
    assert answer.status == 200
    assert eventually(lambda: left()["dollars"] < before["dollars"])
    assert left()["requests"] == pytest.approx(int(answer.headers["x-ratelimit-remaining-requests"]), abs=20)


def test_a_stored_answer_would_serve(case):
    body = chat("second", "What is kept?") | {"temperature": 0}
    told = case.explain(body)
    assert told["cache"]["used"] and not told["cache"]["stored"] and told["answer"]["is"] == "sent"
    assert case.send(body).status == 200
    assert eventually(lambda: case.explain(body)["cache"]["stored"]), "Redis may have to be sent the script first"
    told = case.explain(body)
    assert told["answer"]["is"] == "cached" and row(told)["is"] == "later"
    assert "hit" in case.send(body).headers["cache-status"]


REFUSED = [b"{", b"[]", b'{"model": "first"}', json.dumps(chat("nope")).encode(), json.dumps({"messages": prompt()}).encode()]


@pytest.mark.parametrize("body", REFUSED)
def test_what_the_api_refuses_is_refused_in_its_words(case, body):
    connection = http.client.HTTPConnection("127.0.0.1", case.ports["port"], timeout=20)
    connection.request("POST", "/v1/chat/completions", body, {"authorization": f"Bearer {CLIENT_KEY}"})
    error = json.loads(connection.getresponse().read())["error"]
    connection.close()
    told = case.explain(body)["answer"]
    assert (told["code"], told["message"], told["param"]) == (error["code"], error["message"], error["param"])


def test_a_key_sees_its_own_models_only(case):
    told = case.explain(chat("second"), "narrow")
    assert told["answer"]["code"] == "model_not_found" and told["notes"] == ["The key allows first only."]
    told = case.explain(chat("first"), "narrow")
    assert row(told, 1)["why"] == "the key does not allow the model" and told["answer"]["deployment"] == "a"


def test_wrong_asks_are_refused_clearly(case):
    body = chat("first")
    assert "admin.token" in case.explain(body, status=401, token=None)
    assert "admin.token" in case.explain(body, status=401, token="wrong")
    assert "no key 'nobody'" in case.explain(body, "nobody", 404)["error"]
    assert "no tenant 'nobody'" in case.explain(body, None, 404, tenant="nobody")["error"]
    assert "say who asks" in case.explain(body, None, 400)["error"]
    assert "either" in case.explain(body, "wide", 400, tenant="acme")["error"]
    assert "no 'kee'" in case.explain(body, "wide", 400, kee="wide")["error"]
    assert "malformed" in case.explain(body, "wide", 400, path="no path")["error"]
    assert "POST only" in case.explain(b"", "wide", 405, method="GET")["error"]
    assert "at most" in case.explain(b" " * (4 << 20) + b"{}", "wide", 413)["error"]
    assert case.explain(body, "wide", path="/v1/elsewhere")["answer"]["code"] == "unknown_path"


# What a request moves, but for clocks, this process's own figures, and what the poll for changed keys counts.
STILL = re.compile(r"switchyard_(requests|request_|upstream|exchanges|permits|ratelimit|breaker|cache|inflight|tokens|cost|fallback)")


def test_asking_changes_nothing(case):
    for model in ("first", "both", "turns", "loyal"):
        case.send(chat(model) | {"temperature": 0})
    assert case.router.unsettled() == {}

    def state():
        metrics = {name: value for name, value in case.router.metrics().items() if STILL.match(name)}
        # Slots, budgets and reservations as they are; buckets are written by requests alone.
        keys = sorted(
            key for pattern in ("t:*", "d:*", "m:*", "p:*", "c:*", "cb:*")
            for key in case.redis.command("KEYS", f"sy:{{{pattern}")) if case.redis else []
        values = {key: case.redis.command("GET", key) for key in keys if ":rl:" in key or ":budget:" in key}
        return metrics, keys, values

    time.sleep(0.3)  # the log is written ten times a second
    logged = len([line for line in case.router.lines if '"duration_us"' in line])
    before = state()
    for model in ("first", "both", "turns", "loyal", "failing", "small", "barred"):
        for key in ("wide", "spent"):
            case.explain(chat(model) | {"temperature": 0}, key)
    after = state()
    moved = {name: (before[0][name], value) for name, value in after[0].items() if value != before[0].get(name)}
    assert moved == {} and len(before[0]) > 20
    assert after[1:] == before[1:]
    time.sleep(0.3)
    assert len([line for line in case.router.lines if '"duration_us"' in line]) == logged, "no exchange is logged"
    assert case.router.unsettled() == {}


def run(case, body, *words, code=0, environment=None):
    done = subprocess.run(
        [BINARIES / "switchyard", "explain", *words], input=json.dumps(body).encode(), capture_output=True,
        env=environment or {"SWITCHYARD_ADMIN_TOKEN": TOKEN}, timeout=30)
    text = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == code, text
    assert not [secret for secret in SECRETS + [TOKEN] if secret in text]
    return text


def test_the_command_asks_a_replica(case):
    url = ["--replica", f"http://127.0.0.1:{case.ports['admin_port']}"]
    text = run(case, chat("first"), "--key", "wide", *url)
    assert "sent to alpha/" in text and "of 1000 left" in text and "lowest score" not in text
    assert "wins" in text and "closed" in text and "fallback 1, only after first" in text
    told = json.loads(run(case, chat("first"), "--key", "wide", *url, "--json", "-H", "x-session-id: s 1"))
    assert told["live"] is True and told["answer"]["deployment"] == "a"
    run(case, chat("nope"), "--key", "wide", *url, code=1)
    run(case, chat("nope"), "--key", "wide", *url, "--json", code=1)
    assert "no key" in run(case, chat("first"), "--key", "no body", *url, code=1)
    assert "status 401" in run(case, chat("first"), *url, code=1, environment={"SWITCHYARD_CONFIG": "/nowhere"})
    config = ["--config", str(case.config)]
    assert "sent to" in run(case, chat("first"), "--key", "wide", *url, *config, environment=KEYS)
    nobody = ["--replica", f"http://127.0.0.1:{free_port()}"]
    assert "nothing answers" in run(case, chat("first"), *nobody, code=1)
    assert "http://HOST:PORT" in run(case, chat("first"), "--replica", "there", code=2)


def test_virtual_keys_are_known_by_their_id(case):
    def admin(method, path, body=None):
        status, text = call(
            case.ports["admin_port"], method, path, json.dumps(body) if body else None,
            {"authorization": f"Bearer {TOKEN}"})
        assert status in (200, 201), text
        return json.loads(text)
    made = admin("POST", "/keys", {"tenant": "acme", "models": ["first"], "limits": ["5 requests per hour"]})
    told = case.explain(chat("first"), made["id"])
    assert told["asker"]["models"] == ["first"] and (made["id"] in told["asker"]["key"])
    assert [limit["left"] for limit in told["limits"] if limit["capacity"] == 5] == [5]
    assert case.send(chat("first"), made["key"]).status == 200
    told = case.explain(chat("first"), made["id"])
    assert [limit["left"] for limit in told["limits"] if limit["capacity"] == 5] == [4]
    admin("DELETE", f"/keys/{made['id']}")
    assert case.explain(chat("first"), made["id"])["answer"]["code"] == "api_key_revoked"
    admin("DELETE", "/keys/narrow")
    assert eventually(lambda: case.explain(chat("first"), "narrow")["answer"].get("code") == "api_key_revoked")


def test_without_redis_it_says_that_limits_are_decided_locally(tmp_path):
    redis = Redis()
    case = Case(tmp_path, redis)
    try:
        assert case.explain(chat("first"))["limits_decided"] == "shared"
        redis.kill()
        told = eventually(lambda: (lambda told: told if told["seen"]["state_away"] else None)(case.explain(chat("first"))), 10)
        assert told and told["limits_decided"] == "local" and told["answer"]["is"] == "sent"
        assert all(limit["left"] is None for limit in told["limits"])
        assert case.send(chat("first")).status == 200
    finally:
        case.stop()
        redis.stop()


def test_what_another_replica_has_in_flight_counts(tmp_path):
    redis = Redis()
    (tmp_path / "one").mkdir(), (tmp_path / "two").mkdir()
    one = Case(tmp_path / "one", redis)
    ports = {"port": free_port(), "admin_port": free_port()}
    text = one.config.read_text()
    for name in ports:
        text = text.replace(str(one.ports[name]), str(ports[name]))
    (tmp_path / "two" / "switchyard.yaml").write_text(text)
    other = AdminRouter(tmp_path / "two" / "switchyard.yaml", KEYS, **ports).wait_until_ready()
    try:
        slow = threading.Thread(target=one.send, args=(chat("first", ttft="4s"),))
        slow.start()
        both = json.dumps(chat("both"))

        def ask():
            told = json.loads(call(
                ports["admin_port"], "POST", "/api/explain?key=wide", both, {"authorization": f"Bearer {TOKEN}"})[1])
            return told if row(told)["state"]["in_flight_others"] == 1 else None
        told = eventually(ask)
        assert told and row(told)["state"]["in_flight"] == 0 and told["seen"]["loads_age_ms"] < 1_000
        assert told["answer"]["deployment"] == "b" and row(told)["is"] == "loses"
        slow.join()
    finally:
        other.stop()
        one.stop()
        redis.stop()
