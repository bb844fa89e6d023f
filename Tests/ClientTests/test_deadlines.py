"""Time that runs out: what is not tried any more, what whoever is asked is told, and who answers for those that are late."""

import concurrent.futures

import httpx
import pytest

from support import CLIENT_KEY, Router, Simulator, eventually, prompt, sha256

pytestmark = pytest.mark.alone

CONFIG = """
server:
  host: 127.0.0.1
  port: {port}
  workers: 1
  request_timeout: 20s
  drain_notice: 1ms
  first_byte_timeout: {{ stream: 2s, plain: 2s }}
admin: {{ port: {admin_port} }}
breaker: {{ min_requests: 1000 }}
cache: {{ scope: tenant }}
providers:
  slow: {{ dialect: openai, base_url: "{slow}/v1" }}
  quick: {{ dialect: openai, base_url: "{quick}/v1" }}
deployments:
  slow-1: {{ provider: slow, model: sim-1 }}
  slow-2: {{ provider: slow, model: sim-2 }}
  quick: {{ provider: quick, model: sim-3 }}
models:
  slow: {{ deployments: [slow-1], cache: deterministic }}
  both: {{ deployments: [slow-1, quick], balance: round_robin, cache: none }}
  quick: {{ deployments: [quick], cache: none }}
  late: {{ deployments: [slow-1, slow-2], fallbacks: [quick], cache: none }}
  alone: {{ deployments: [quick], cache: none, retry: {{ attempts: 5 }} }}
tenants:
  acme: {{ keys: [ {{ id: wide, sha256: {key} }} ] }}
"""


@pytest.fixture(scope="module")
def slow(processes):
    """A provider whose answers take 900 ms."""
    processes.append(simulator := Simulator("--ttft", "900ms"))
    return simulator


@pytest.fixture(scope="module")
def quick(processes):
    processes.append(simulator := Simulator())
    return simulator


@pytest.fixture
def router(slow, quick, processes, tmp_path):
    router = Router.of(processes, tmp_path, CONFIG, slow=slow.url, quick=quick.url, key=sha256(CLIENT_KEY))
    yield router
    router.end()


@pytest.fixture
def ask(router):
    headers = {"authorization": f"Bearer {CLIENT_KEY}"}
    with httpx.Client(base_url=router.url, headers=headers, timeout=30) as client:
        def post(model, text, stream=True, fields=None, **directive):
            body = {"model": model, "messages": prompt(text, **directive), "stream": stream, "temperature": 0}
            return client.post("/v1/chat/completions", json=body, headers=fields)
        yield post


def learn_how_slow_it_is(ask, model="slow", stream=True):
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = pool.map(lambda number: ask(model, f"lesson {number}", stream), range(20))
        assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("stream", [True, False])
def test_an_attempt_that_would_come_too_late_is_not_started(ask, slow, tag, stream):
    learn_how_slow_it_is(ask, stream=stream)
    answer = ask("slow", tag, stream, {"x-request-timeout-ms": "800"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["source"]) == (504, "deadline_exceeded", "client")
    assert "No attempt was started" in error["message"] and "x-request-timeout-ms" in error["message"]
    assert "x-switchyard-attempts" not in answer.headers and slow.log(tag) == []
    assert ask("slow", tag, stream, {"x-request-timeout-ms": "5000"}).status_code == 200


def test_what_is_not_known_yet_is_tried(ask, slow, tag):
    answer = ask("slow", tag, True, {"x-request-timeout-ms": "800"})
    assert answer.json()["error"]["message"].startswith("No complete answer came")
    assert len(slow.log(tag)) == 1


def test_less_than_fifty_milliseconds_are_too_few_for_anybody(ask, quick, tag):
    answer = ask("quick", tag, True, {"x-request-timeout-ms": "49"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "deadline_exceeded")
    assert quick.log(tag) == []


def test_another_endpoint_answers_where_one_would_be_too_late(ask, tag):
    learn_how_slow_it_is(ask)
    answers = [ask("both", f"{tag} {number}", True, {"x-request-timeout-ms": "800"}) for number in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 6
    assert {answer.headers["x-switchyard-deployment"] for answer in answers} == {"quick"}
    assert {answer.headers["x-switchyard-attempts"] for answer in answers} == {"1"}


def test_a_stored_answer_needs_no_time(ask, slow, tag):
    assert ask("slow", tag).status_code == 200
    learn_how_slow_it_is(ask)
    answer = ask("slow", tag, True, {"x-request-timeout-ms": "800"})
    assert answer.status_code == 200 and "hit" in answer.headers["cache-status"]


def test_a_retry_is_left_out_where_its_pause_would_take_all_that_is_left(ask, quick, tag):
    answer = ask("alone", tag, True, {"x-request-timeout-ms": "60"}, status=503, ttft="15ms")
    assert answer.status_code in (503, 504) and len(quick.log(tag)) < 5


def test_who_is_asked_is_told_how_much_time_is_left(ask, quick, tag):
    ask("quick", tag, True, {"x-request-timeout-ms": "3000"})
    assert 2_000 < int(quick.log(tag)[0]["headers"]["x-request-timeout-ms"]) <= 3_000
    ask("quick", tag + " again")
    assert 15_000 < int(quick.log(tag + " again")[0]["headers"]["x-request-timeout-ms"]) <= 20_000


@pytest.mark.parametrize("field, value, attempts", [
    ("x-switchyard-attempt", "2", 1), ("x-should-retry", "false", 1), ("x-switchyard-attempt", "1", 5),
    ("x-should-retry", "true", 5), ("x-switchyard-attempt", "many", 5),
])
def test_whoever_tries_again_by_himself_gets_one_attempt(ask, quick, tag, field, value, attempts):
    answer = ask("alone", tag, True, {field: value}, reset="before_first_byte")
    assert (answer.status_code, answer.headers["x-switchyard-attempts"]) == (502, str(attempts))
    assert answer.headers["x-should-retry"] == "false"
    log = quick.log(tag)
    assert len(log) == attempts
    if attempts == 1:
        assert log[0]["headers"][field] == value, "nor may whoever is asked"


@pytest.mark.parametrize("stream", [True, False])
def test_the_fallback_model_answers_where_no_endpoint_begins_in_time(ask, slow, tag, stream):
    answer = ask("late", f"{tag} [[sim:model=sim-1,ttft=15s]] [[sim:model=sim-2,ttft=15s]]", stream)
    assert answer.status_code == 200, answer.text
    assert sorted(entry["model"] for entry in slow.log(tag)) == ["sim-1", "sim-2"]
    assert eventually(lambda: {entry["outcome"] for entry in slow.log(tag)} == {"cancelled"})
    assert (answer.headers["x-switchyard-model"], answer.headers["x-switchyard-fallback"]) == ("quick", "1")
