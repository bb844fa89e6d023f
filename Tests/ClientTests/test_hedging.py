"""A slow endpoint among fast ones: who is asked too, who wins, and what both cost."""

import concurrent.futures
import threading
import time

import httpx
import pytest

from support import CLIENT_KEY, NARROW_KEY, Router, Simulator, eventually, get, prompt, sha256

pytestmark = pytest.mark.alone

CONFIG = """
server:
  host: 127.0.0.1
  port: {port}
  workers: 2
  drain_notice: 1ms
admin: {{ port: {admin_port} }}
breaker: {{ min_requests: 20{breaker} }}
cache: {{ scope: tenant }}
providers:
  one: {{ dialect: openai, base_url: "{one}/v1" }}
  two: {{ dialect: openai, base_url: "{two}/v1" }}
  narrow: {{ dialect: openai, base_url: "{one}/v1", max_concurrent: 1 }}
  strait: {{ dialect: openai, base_url: "{two}/v1", max_concurrent: 1 }}
deployments:
  narrow: {{ provider: narrow, model: sim-5 }}
  strait: {{ provider: strait, model: sim-6 }}
  first: {{ provider: one, model: sim-1 }}
  second: {{ provider: two, model: sim-2 }}
  charged: {{ provider: one, model: sim-4, limits: [ {{ requests: 3, per: hour }}, {{ concurrent: 3 }} ] }}
  full: {{ provider: two, model: sim-3, limits: [ {{ requests: 1, per: hour }} ] }}
  scarce: {{ provider: two, model: sim-7, limits: [ {{ concurrent: 1 }} ] }}
  broken: {{ provider: two, model: sim-8 }}
models:
  learnt: {{ deployments: [first, second], balance: round_robin, hedge: {{ after: p95, budget: 2% }} }}
  plain: {{ deployments: [first, second], balance: round_robin }}
  fixed: {{ deployments: [first, second], balance: round_robin, hedge: {{ after: 100ms, budget: 100% }} }}
  rare: {{ deployments: [first, second], balance: round_robin, hedge: {{ after: 50ms }} }}
  full: {{ deployments: [{{ name: first, weight: 1000 }}, full], balance: weighted, hedge: {{ after: 100ms, budget: 100% }} }}
  charged: {{ deployments: [charged, second], balance: round_robin, hedge: {{ after: 100ms, budget: 100% }} }}
  kept: {{ deployments: [first, second], balance: round_robin, cache: all, hedge: {{ after: 100ms, budget: 100% }} }}
  bounded: {{ deployments: [narrow, strait], balance: round_robin, hedge: {{ after: 100ms, budget: 100% }} }}
  strait: {{ deployments: [strait] }}
  scarce: {{ deployments: [scarce] }}
  broken: {{ deployments: [broken] }}
  thrifty: {{ deployments: [{{ name: first, weight: 1000 }}, scarce], balance: weighted, hedge: {{ after: 100ms, budget: 50% }} }}
  lame: {{ deployments: [{{ name: first, weight: 1000 }}, broken], balance: weighted, hedge: {{ after: 100ms, budget: 100% }} }}
  single: {{ deployments: [first], fallbacks: [plain], hedge: {{ after: 50ms, budget: 100% }} }}
tenants:
  acme: {{ keys: [ {{ id: wide, sha256: {key} }} ] }}
  small: {{ limits: [ {{ requests: 100, per: hour }} ], keys: [ {{ id: narrow, sha256: {narrow} }} ] }}
"""


@pytest.fixture(scope="module")
def providers(processes):
    simulators = [Simulator(), Simulator()]
    processes.extend(simulators)
    return simulators


@pytest.fixture
def serve_pair(providers, processes, tmp_path):
    def start(breaker=""):
        return Router.of(
            processes, tmp_path, CONFIG, one=providers[0].url, two=providers[1].url, key=sha256(CLIENT_KEY),
            narrow=sha256(NARROW_KEY), breaker=breaker)
    return start


@pytest.fixture
def router(serve_pair):
    router = serve_pair()
    yield router
    router.end()


@pytest.fixture
def http(router):
    headers = {"authorization": f"Bearer {CLIENT_KEY}"}
    with httpx.Client(base_url=router.url, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture
def tag(providers):
    for simulator in providers:
        simulator.forget()
        get(f"{simulator.url}/sim/faults", "DELETE")
    return f"tag-{time.monotonic_ns()}"


def chat(http, model, text, stream=True, fields=None):
    body = {"model": model, "messages": prompt(text), "stream": stream}
    return http.post("/v1/chat/completions", json=body, headers=fields)


def slow(text, model="sim-1", ttft="5s"):
    """A prompt for which that deployment is slow."""
    return f"{text} [[sim:model={model},ttft={ttft}]]"


def entries(providers, text):
    return [entry for simulator in providers for entry in simulator.log(text)]


def until_both_were_asked(http, model, tag, stream=True, text=slow):
    """Answers of which the first attempt was at the slow one: every second, or so."""
    for number in range(20):
        answer = chat(http, model, text(f"{tag} {number}."), stream)
        if "x-switchyard-hedge" in answer.headers:
            return answer, f"{tag} {number}."
    raise AssertionError("no request was hedged")


@pytest.mark.parametrize("stream", [True, False])
def test_whoever_is_sooner_answers_and_the_other_is_cancelled(router, http, providers, tag, stream):
    answer, text = until_both_were_asked(http, "fixed", tag, stream)
    assert answer.status_code == 200 and answer.elapsed.total_seconds() < 4
    assert (answer.headers["x-switchyard-hedge"], answer.headers["x-switchyard-attempts"]) == ("won", "2")
    assert answer.headers["x-switchyard-deployment"] == "second"
    assert eventually(lambda: {entry["outcome"] for entry in entries(providers, text)} == {"cancelled", "answered"})
    first, second = providers[0].log(text)[0], providers[1].log(text)[0]
    assert first["outcome"] == "cancelled" and first["elapsed_ms"] < 4_000
    assert second["headers"]["x-switchyard-attempt"] == "2" and "x-switchyard-attempt" not in first["headers"]
    line = router.access_log(answer.headers["x-request-id"])
    assert (line["attempts"], line["hedge"], line["deployment"]) == (2, "won", "second")
    assert router.metric("switchyard_hedges_total", model="fixed", outcome="won") == 1
    assert router.metric("switchyard_upstream_attempts_total", reason="hedge") == 1
    assert router.metric("switchyard_upstream_attempt_results_total", result="hedge_lost") == 1


def test_the_first_may_still_be_sooner(router, http, providers, tag):
    def text(start):
        return slow(slow(start, ttft="250ms"), "sim-2", "3s")
    for number in range(6):
        answer = chat(http, "fixed", text(f"{tag} {number}."))
        assert answer.status_code == 200 and answer.elapsed.total_seconds() < 3
        if answer.headers["x-switchyard-deployment"] == "first" and answer.headers.get("x-switchyard-hedge") == "lost":
            break
    else:
        raise AssertionError("the hedge was never the loser")
    assert eventually(lambda: providers[1].log(f"{tag} {number}.")[0]["outcome"] == "cancelled")
    assert router.metric("switchyard_hedges_total", model="fixed", outcome="lost") >= 1


def test_both_deployments_are_charged_and_the_tenant_once(router, http, providers, tag):
    http.headers["authorization"] = f"Bearer {NARROW_KEY}"
    left = []
    for number in range(14):
        text = slow(f"{tag} {number}.", "sim-4")
        answer = chat(http, "charged", text)
        assert answer.status_code == 200 and answer.headers["x-switchyard-deployment"] == "second"
        left.append(int(answer.headers["x-ratelimit-remaining-requests"]))
    # What lost there is three requests all the same: a fourth finds no room.
    assert len(providers[0].log(tag)) == 3
    assert eventually(lambda: {entry["outcome"] for entry in providers[0].log(tag)} == {"cancelled"})
    assert len(providers[1].log(tag)) == 14
    assert left == list(range(99, 85, -1)), "one for each of its requests, hedged or not"


@pytest.mark.parametrize("stream", [True, False])
def test_those_who_wait_for_the_same_answer_get_the_sooner_one_too(router, http, providers, tag, stream):
    for number in range(6):
        text = slow(f"{tag} {number}.")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: chat(http, "kept", text, stream), range(4)))
        assert {answer.status_code for answer in answers} == {200}
        assert len(entries(providers, f"{tag} {number}.")) <= 4
        assert all(entry["outcome"] != "open" for entry in providers[1].log(f"{tag} {number}."))
        again = chat(http, "kept", text, stream)
        assert "hit" in again.headers["cache-status"] and "x-switchyard-hedge" not in again.headers
        if any(answer.headers.get("x-switchyard-hedge") == "won" for answer in answers):
            return
    raise AssertionError("no request was hedged")


@pytest.mark.parametrize("stream", [True, False])
def test_a_failure_while_both_are_asked_makes_the_hedge_the_next_attempt(http, providers, tag, stream):
    rule = '[{"match": {"model": "sim-1"}, "fault": {"ttft": "200ms", "status": 503}}]'
    get(f"{providers[0].url}/sim/faults", "PUT", rule.encode())
    answer, text = until_both_were_asked(http, "fixed", tag, stream, lambda start: slow(start, "sim-2", "400ms"))
    assert answer.status_code == 200 and answer.headers["x-switchyard-deployment"] == "second"
    assert answer.headers["x-switchyard-attempts"] == "2", "no third"
    assert len(entries(providers, text)) == 2


def test_where_both_fail_the_plan_goes_on(router, http, providers, tag):
    for simulator in providers:
        rule = '[{"match": {"first": 1}, "fault": {"ttft": "200ms", "status": 503}}]'
        get(f"{simulator.url}/sim/faults", "PUT", rule.encode())
    answer = chat(http, "fixed", tag)
    assert (answer.status_code, answer.headers["x-switchyard-attempts"]) == (200, "3")
    assert answer.headers["x-switchyard-hedge"] == "failed"
    assert router.metric("switchyard_hedges_total", outcome="failed") == 1


@pytest.mark.parametrize("fields", [
    {"x-should-retry": "false"}, {"x-switchyard-attempt": "2"}, {"x-request-timeout-ms": "140"}])
def test_nobody_is_hedged_who_wants_no_retries_or_has_no_time(router, http, providers, tag, fields):
    for number in range(6):
        chat(http, "fixed", slow(f"{tag} {number}.", ttft="300ms"), fields=fields)
    assert 1 <= len(entries(providers, tag)) <= 6
    assert router.metric("switchyard_upstream_attempts_total", reason="hedge") == 0


def test_a_model_with_one_endpoint_has_nobody_to_hedge_with(router, http, providers, tag):
    answer = chat(http, "single", slow(tag, ttft="300ms"))
    assert (answer.status_code, answer.headers["x-switchyard-attempts"]) == (200, "1")
    assert len(entries(providers, tag)) == 1, "another model's endpoint is none"
    assert router.metric("switchyard_hedges_total") == 0, "and nothing was in the way of one"


def test_a_limit_without_room_denies_a_hedge(router, http, providers, tag):
    for number in range(3):
        answer = chat(http, "full", slow(f"{tag} {number}.", ttft="250ms"))
        assert answer.status_code == 200
    assert router.metric("switchyard_hedges_total", model="full", outcome="limited") >= 1
    assert len(providers[1].log(tag)) <= 1


def test_what_limits_deny_takes_nothing_of_the_budget(router, http, providers, tag):
    """Every other request may be hedged: the second, if the first isn't."""
    holder = threading.Thread(target=chat, args=(http, "scarce", f"{tag} holder [[sim:model=sim-7,ttft=3s]]"))
    holder.start()
    try:
        assert eventually(lambda: providers[1].log(f"{tag} holder"))
        for _ in range(2):
            assert chat(http, "thrifty", slow(tag, ttft="300ms")).headers["x-switchyard-attempts"] == "1"
    finally:
        holder.join()
    outcomes = {
        name: router.metric("switchyard_hedges_total", model="thrifty", outcome=name) for name in ("denied", "limited")}
    assert outcomes == {"denied": 1, "limited": 1}
    answer = chat(http, "thrifty", slow(f"{tag} again"))
    assert (answer.status_code, answer.headers.get("x-switchyard-hedge")) == (200, "won")


def test_a_hedge_that_breakers_leave_nobody_for_is_counted(router, http, providers, tag):
    for _ in range(12):
        chat(http, "broken", f"{tag} [[sim:model=sim-8,status=500]]")
    assert eventually(lambda: router.metric("switchyard_breaker_state", deployment="broken") == 2)
    answer = chat(http, "lame", slow(f"{tag} late", ttft="300ms"))
    assert (answer.status_code, answer.headers["x-switchyard-attempts"]) == (200, "1")
    assert router.metric("switchyard_hedges_total", model="lame", outcome="breaker_open") == 1
    assert router.metric("switchyard_hedges_total", model="lame") == 1


def test_a_hedge_takes_a_place_and_gives_it_back(router, http, providers, tag):
    for number in range(4):  # each takes both places
        text = f"{tag} {number}. [[sim:model=sim-5,ttft=5s]]"
        answer = chat(http, "bounded", text)
        assert answer.status_code == 200 and answer.elapsed.total_seconds() < 4
        assert answer.headers["x-switchyard-deployment"] == "strait"
    assert router.metric("switchyard_hedges_total", model="bounded", outcome="won") >= 1


def test_a_full_endpoint_gets_no_hedge(router, http, providers, tag):
    holder = threading.Thread(target=chat, args=(http, "strait", f"{tag} holder [[sim:model=sim-6,ttft=3s]]"))
    holder.start()
    try:
        assert eventually(lambda: providers[1].log(f"{tag} holder"))
        answer = chat(http, "bounded", f"{tag} late [[sim:model=sim-5,ttft=400ms]]")
        assert (answer.status_code, answer.headers["x-switchyard-attempts"]) == (200, "1")
        assert providers[1].log(f"{tag} late") == [] and "x-switchyard-hedge" not in answer.headers
        assert router.metric("switchyard_hedges_total", model="bounded", outcome="full") == 1
    finally:
        holder.join()


def test_a_client_that_leaves_cancels_both(router, http, providers, tag):
    text = slow(slow(tag, ttft="5s"), "sim-2", "5s")
    with pytest.raises(httpx.ReadTimeout):
        http.post("/v1/chat/completions", timeout=0.6, json={"model": "fixed", "messages": prompt(text), "stream": True})
    assert eventually(lambda: [entry["outcome"] for entry in entries(providers, tag)] == ["cancelled"] * 2)
    assert router.unsettled() == {}
    assert router.metric("switchyard_hedges_total", model="fixed", outcome="client_gone") == 1
    assert router.metric("switchyard_hedges_total", model="fixed") == 1, "nobody has failed"
    assert router.metric("switchyard_upstream_attempt_results_total", result="client_gone") == 2


def test_the_budget_bounds_fixed_hedges(router, http, providers, tag):
    """All are late, and two of a hundred may ask again."""
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(
            lambda number: chat(http, "rare", slow(slow(f"{tag} {number}.", ttft="120ms"), "sim-2", "120ms")), range(300)))
    assert all(answer.status_code == 200 for answer in answers)
    hedges = router.metric("switchyard_upstream_attempts_total", reason="hedge")
    assert 1 <= hedges <= 300 * 0.02 + 2
    assert router.metric("switchyard_hedges_total", outcome="denied") > 200
    assert len(entries(providers, tag)) == 300 + hedges


def load(http, model, tag, count, rate):
    """Open load; seconds to each answer, sorted."""
    times = []
    lock = threading.Lock()
    def one(number):
        start = time.monotonic()
        answer = chat(http, model, f"{tag} {model} {number}.")
        with lock:
            times.append(time.monotonic() - start)
        return answer.status_code
    with concurrent.futures.ThreadPoolExecutor(48) as pool:
        futures = []
        start = time.monotonic()
        for number in range(count):
            time.sleep(max(0, start + number / rate - time.monotonic()))
            futures.append(pool.submit(one, number))
        assert {future.result() for future in futures} == {200}
    return sorted(times)


def test_the_tail_is_cut_for_two_percent_more_requests(router, http, providers, tag):
    """One of the two keeps each 37th of its requests waiting: 1.35 % of all."""
    usual = '{"match": {}, "fault": {"ttft": "uniform:5ms..40ms"}}'
    late = '{"match": {"every": 37}, "fault": {"ttft": "1500ms"}}'
    get(f"{providers[0].url}/sim/faults", "PUT", f"[{late}, {usual}]".encode())
    get(f"{providers[1].url}/sim/faults", "PUT", f"[{usual}]".encode())
    count = 1_500
    def p99(model):
        return load(http, model, tag, count, 150)[int(count * 0.99) - 1]
    plain, hedged, runs = p99("plain"), [], 0
    while runs < 3 and not (hedged and hedged[-1] < 1.4):  # a machine that stands still makes all late
        runs += 1
        hedged.append(p99("learnt"))
    hedges = router.metric("switchyard_upstream_attempts_total", reason="hedge")
    won = router.metric("switchyard_hedges_total", model="learnt", outcome="won")
    print(f"p99 {plain:.3f} s without, {hedged} s with {hedges:.0f} hedges of {runs * count}, {won:.0f} won")
    assert 1 <= hedges <= runs * (count * 0.02 + 2)
    assert plain > 1.4 > hedged[-1]
    assert router.metric("switchyard_breaker_transitions_total") == 0


def test_losing_says_nothing_to_the_breaker_unless_it_was_slow_enough(serve_pair, providers, tag):
    for breaker, isOpen in (("", False), (", slow_after: 80ms, slow_rate: 30%", True)):
        router = serve_pair(breaker)
        headers = {"authorization": f"Bearer {CLIENT_KEY}"}
        with httpx.Client(base_url=router.url, headers=headers, timeout=30) as http:
            for number in range(60):
                assert chat(http, "fixed", slow(f"{tag} {number}.", ttft="1s")).status_code == 200
        opened = router.metric("switchyard_breaker_transitions_total", deployment="first", to="open")
        assert (opened > 0) == isOpen
        assert router.metric("switchyard_hedges_total", outcome="won") > 5
        router.end()
