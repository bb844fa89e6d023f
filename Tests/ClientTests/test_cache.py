"""The response cache as clients meet it, in memory and in Redis; each test asks a question that no other asks."""

import concurrent.futures
import contextlib
import json
import shutil
import time

import httpx
import openai
import pytest

from support import KEYS, Process, Router, eventually, free_port, get, prompt, sha256

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: {workers}, request_timeout: 60s }}
admin: {{ port: {admin_port} }}
{state}
cache: {{ ttl: {ttl}, stale_while_revalidate: {swr}, stale_if_error: {sie}, negative_ttl: 30s, max_body: 8KiB }}
breaker: {{ min_requests: 1000 }}
providers:
  alpha: {{ dialect: openai, base_url: "{alpha}/v1", api_key: "${{PROVIDER_KEY}}" }}
deployments:
  sim-a: {{ provider: alpha, model: sim-a, price: {{ input: 1, output: 20 }} }}
  twice: {{ provider: alpha, model: sim-b, limits: [ {{ requests: 2, per: hour }} ] }}
models:
  limited: {{ deployments: [twice] }}
  solo: {{ deployments: [sim-a], retry: {{ attempts: 1 }} }}
  warm: {{ deployments: [sim-a], cache: all }}
  cold: {{ deployments: [sim-a], cache: none }}
tenants:
  acme:
    limits: [ {{ tokens: 100k, per: hour }}, {{ requests: 1M, per: day }} ]
    keys: [ {{ id: acme, sha256: {acme} }}, {{ id: other, sha256: {other} }} ]
  rival: {{ keys: [ {{ id: rival, sha256: {rival} }} ] }}
"""


@pytest.fixture(scope="module")
def start(alpha, processes, tmp_path_factory):
    """Starts a router with a cache."""
    def start(state="", ttl="60s", swr="0s", sie="0s", workers=4):
        ports = {"port": free_port(), "admin_port": free_port()}
        path = tmp_path_factory.mktemp("cache") / "switchyard.yaml"
        keys = {name: sha256(f"sy-key-of-{name}") for name in ("acme", "other", "rival")}
        path.write_text(CONFIG.format(alpha=alpha.url, state=state, ttl=ttl, swr=swr, sie=sie, workers=workers, **keys, **ports))
        router = Router(path, KEYS, **ports)
        processes.append(router)
        return router.wait_until_ready()
    return start


@pytest.fixture(scope="module")
def redis():
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is missing")
    port = free_port()
    server = Process(["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", ""])
    assert eventually(lambda: "Ready to accept" in server.output, 20), server.output
    yield f"redis://127.0.0.1:{port}"
    server.stop()


@pytest.fixture(scope="module", params=["memory", "redis"])
def router(request, start):
    state = ""
    if request.param == "redis":
        state = f'state: {{ redis: "{request.getfixturevalue("redis")}", timeout: 500ms }}'
    router = start(state)
    if state:
        assert eventually(lambda: router.metric("switchyard_redis_mode") == 0)
    yield router
    assert router.is_alive and router.unsettled() == {}
    assert router.metric("switchyard_cache_flights") == 0 and router.metric("switchyard_cache_waiting") == 0


@pytest.fixture
def ask(router, tag):
    return asking(router, tag)


def asking(router, tag):
    """Asks a question of this test's own. The test's tag is in the prompt; all else may be said."""
    def ask(key="acme", model="solo", headers=None, text="", directive=None, **options):
        # Loading certificates would take longer than the answer.
        answer = httpx.post(
            f"{router.url}/v1/chat/completions", timeout=30, verify=False,
            headers={"authorization": f"Bearer sy-key-of-{key}", **(headers or {})},
            json={"model": model, "messages": prompt(f"{tag} {text}", **(directive or {})), "temperature": 0, **options})
        # A stream has ended for its client a moment before it is stored.
        assert eventually(lambda: router.metric("switchyard_cache_flights") == 0, 20)
        return answer
    return ask


@pytest.fixture
def calls(alpha, tag):
    return lambda: len(alpha.log(tag))


def status(answer):
    return answer.headers["cache-status"].split("; key=")[0]


def test_the_second_to_ask_gets_what_the_first_got(ask, calls, router):
    first, second = ask(), ask()
    assert status(first) == "switchyard; fwd=miss; stored"
    assert status(second).startswith("switchyard; hit; ttl=") and 0 <= int(second.headers["age"]) <= 5
    assert second.content == first.content and second.headers["content-type"] == first.headers["content-type"]
    assert calls() == 1
    line = router.access_log(second.headers["x-request-id"])
    assert (line["cache"], line["status"], line["attempts"]) == ("hit", 200, 0) and "input_tokens" not in line
    assert router.access_log(first.headers["x-request-id"])["cache"] == "miss"


def test_the_official_client_gets_it_too(router, tag, calls):
    client = openai.OpenAI(base_url=f"{router.url}/v1", api_key="sy-key-of-acme", max_retries=0, timeout=15)
    answers = [client.embeddings.create(model="solo", input=tag) for _ in range(2)]
    assert answers[0] == answers[1] and calls() == 1


def test_spelling_and_order_make_no_difference_and_words_do(ask, calls):
    ask(max_tokens=5, user="a")
    assert status(ask(user="b", max_tokens=5)).startswith("switchyard; hit")
    assert status(ask(max_tokens=6)).startswith("switchyard; fwd=miss")
    assert status(ask(text="more", max_tokens=5)).startswith("switchyard; fwd=miss")
    assert calls() == 3


def test_answers_are_private_to_a_tenant_and_shared_within(ask, calls):
    ask("acme")
    assert status(ask("other")).startswith("switchyard; hit")
    assert status(ask("rival")).startswith("switchyard; fwd=miss")
    assert calls() == 2


def test_a_hit_takes_a_request_and_no_tokens(ask):
    left = [int(ask().headers["x-ratelimit-remaining-tokens"]) for _ in range(4)]
    assert left[1] <= left[0] and left[3] >= left[1], left


@pytest.mark.parametrize("options", [
    {"temperature": 1}, {"n": 2}, {"store": True},
    {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]}])
def test_what_is_not_the_same_each_time_is_not_kept(ask, calls, options):
    assert [status(ask(**options)) for _ in range(2)] == ["switchyard; fwd=bypass"] * 2
    assert calls() == 2


def test_a_model_may_keep_all_or_nothing(ask, calls):
    assert status(ask(model="warm", temperature=1)).startswith("switchyard; fwd=miss")
    assert status(ask(model="warm", temperature=1)).startswith("switchyard; hit")
    assert [status(ask(model="cold")) for _ in range(2)] == ["switchyard; fwd=bypass"] * 2
    assert calls() == 3


def test_requests_say_what_they_want_of_the_cache(ask, calls):
    def with_(control):
        return ask(headers={"cache-control": control})
    refused = with_("only-if-cached")
    assert refused.status_code == 504 and refused.json()["error"]["code"] == "not_cached" and calls() == 0
    assert status(with_("no-store")) == "switchyard; fwd=bypass"
    assert status(ask()).startswith("switchyard; fwd=miss")  # nothing was stored
    assert status(with_("only-if-cached")).startswith("switchyard; hit")
    assert status(with_("max-age=60")).startswith("switchyard; hit")
    assert status(with_("no-store")) == "switchyard; fwd=bypass"
    before = calls()
    assert status(with_("no-cache")) == "switchyard; fwd=request; stored"
    assert calls() == before + 1
    assert status(ask()).startswith("switchyard; hit")


def test_a_stream_is_replayed_byte_for_byte(ask, calls):
    plain = ask()
    streams = [ask(stream=True) for _ in range(2)]
    assert streams[0].content == streams[1].content and streams[0].content.endswith(b"data: [DONE]\n\n")
    assert streams[1].headers["content-type"].startswith("text/event-stream")
    assert status(streams[0]) == "switchyard; fwd=miss" and status(streams[1]).startswith("switchyard; hit")
    with_usage = ask(stream=True, stream_options={"include_usage": True})
    assert status(with_usage).startswith("switchyard; fwd=miss") and b'"usage":{' in with_usage.content
    assert plain.content not in streams[1].content and calls() == 3


@pytest.mark.parametrize("stream, fault", [
    *((stream, fault) for stream in (False, True)
      for fault in ({"status": 500}, {"status": 429, "retry_after": 1}, {"reset": "mid_stream"})),
    (False, {"malformed_json": "true"}), (True, {"error_event": "true"})])
def test_what_failed_is_never_kept(ask, calls, stream, fault):
    for _ in range(2):
        try:
            assert "hit" not in status(ask(directive=fault, stream=stream))
        except httpx.HTTPError:
            pass
        if "retry_after" in fault:
            time.sleep(1.2)  # as the provider asked
    assert calls() == 2
    ask(text="a good one")  # whoever only fails is paused


def test_an_answer_that_was_cut_by_its_client_is_not_kept(ask, router, tag, calls):
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{router.url}/v1/chat/completions", timeout=0.5, headers={"authorization": "Bearer sy-key-of-acme"},
            json={"model": "solo", "messages": prompt(f"{tag} ", ttft="2s"), "temperature": 0})
    assert eventually(lambda: router.metric("switchyard_cache_flights") == 0)
    assert status(ask(directive={"ttft": "2s"})) == "switchyard; fwd=miss; stored"
    assert calls() == 2


def test_a_refusal_that_is_due_to_the_request_is_kept_for_a_while(ask, calls):
    answers = [ask(directive={"status": 400}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].content == answers[1].content and status(answers[1]).startswith("switchyard; hit")
    assert calls() == 1


def test_an_answer_that_is_too_large_is_not_kept(ask, calls):
    for _ in range(2):
        assert "stored" not in status(ask(directive={"tokens": 20_000}))
    assert calls() == 2


@pytest.mark.parametrize("stream", [False, True])
def test_many_who_ask_at_once_make_one_call(ask, calls, router, stream):
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: ask(directive={"ttft": "700ms"}, stream=stream), range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert calls() == 1
    collapsed = [answer for answer in answers if "collapsed" in status(answer)]
    assert collapsed and router.access_log(collapsed[0].headers["x-request-id"])["cache"] == "collapsed"


def test_a_leader_that_fails_is_followed_by_another(ask, calls):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(directive={"status": 500, "first": 1, "id": "a", "ttft": "500ms"}), range(8)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes[:7] == [200] * 7 and codes[7] >= 500, codes
    assert calls() == 2


def test_others_get_the_answer_of_a_leader_whose_client_has_gone(ask, router, tag, calls):
    body = {"model": "solo", "messages": prompt(f"{tag} ", ttft="700ms"), "temperature": 0}

    def impatient():
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{router.url}/v1/chat/completions", timeout=0.4, json=body,
                       headers={"authorization": "Bearer sy-key-of-acme"})

    with concurrent.futures.ThreadPoolExecutor(33) as pool:
        leader = pool.submit(impatient)
        assert eventually(lambda: calls() == 1)
        answers = list(pool.map(lambda _: ask(directive={"ttft": "700ms"}), range(32)))
        leader.result()
    assert {answer.status_code for answer in answers} == {200}
    assert calls() <= 2  # one, where some of them came to the leader's own worker


def test_a_stale_answer_serves_while_a_new_one_is_fetched(start, tag, calls):
    router = start(ttl="1s", swr="60s")
    ask = asking(router, tag)
    assert status(ask()) == "switchyard; fwd=miss; stored"
    assert eventually(lambda: "detail=STALE" in ask().headers["cache-status"])
    assert eventually(lambda: calls() >= 2)
    assert eventually(lambda: status(ask()).startswith("switchyard; hit; ttl=0"))
    assert router.unsettled() == {}


def test_nobody_waits_for_a_new_one_while_a_stale_answer_serves(start, tag, calls):
    router = start(ttl="1s", swr="60s")

    def ask():
        begin = time.monotonic()
        answer = httpx.post(
            f"{router.url}/v1/chat/completions", timeout=30, headers={"authorization": "Bearer sy-key-of-acme"},
            json={"model": "solo", "messages": prompt(f"{tag} ", ttft="3s"), "temperature": 0})
        return answer.headers["cache-status"], time.monotonic() - begin

    assert "stored" in ask()[0]
    assert eventually(lambda: "detail=STALE" in ask()[0])  # the last one has begun to fetch it anew
    assert router.metric("switchyard_cache_flights") == 1
    answers = [ask() for _ in range(10)]
    assert all("hit" in text and "detail=STALE" in text for text, _ in answers) and calls() == 2, answers
    assert max(seconds for _, seconds in answers) < 2.5, "the provider takes 3 s"
    assert eventually(lambda: router.unsettled() == {}, 10)


def test_a_hit_costs_the_deployment_nothing(start, tag, calls):
    router = start()
    ask = asking(router, tag)
    assert status(ask(model="limited")) == "switchyard; fwd=miss; stored"
    assert {status(ask(model="limited")).split(";")[1] for _ in range(5)} == {" hit"}
    assert ask(model="limited", text="another").status_code == 200 and calls() == 2
    assert ask(model="limited", text="a third").status_code == 429, "the deployment has two an hour"


def test_a_stale_answer_serves_where_nobody_can_answer(start, tag, alpha):
    router = start(ttl="1s", sie="60s")
    ask = asking(router, tag)
    directive = {"status": 500, "skip": 1, "id": "a"}
    first = ask(directive=directive)
    assert first.status_code == 200
    time.sleep(1.5)
    second = ask(directive=directive)
    assert second.status_code == 200 and second.content == first.content
    assert "hit" in status(second) and "detail=STALE" in second.headers["cache-status"]
    assert router.access_log(second.headers["x-request-id"])["cache"] == "stale"


def test_a_cache_that_is_away_is_a_miss(start, tag, calls):
    router = start(f'state: {{ redis: "redis://127.0.0.1:{free_port()}" }}')
    ask = asking(router, tag)
    assert [status(ask()) for _ in range(2)] == ["switchyard; fwd=miss"] * 2
    assert "detail=UNAVAILABLE" in ask().headers["cache-status"] and calls() == 3


# Streams that several ask for at once. Those on one worker read it as it comes, so the router has one.


@pytest.fixture(scope="module", params=["memory", "redis"])
def single(request, start):
    state = ""
    if request.param == "redis":
        state = f'state: {{ redis: "{request.getfixturevalue("redis")}", timeout: 500ms }}'
    router = start(state, workers=1)
    if state:
        assert eventually(lambda: router.metric("switchyard_redis_mode") == 0)
    yield router
    assert router.is_alive and router.unsettled() == {}
    assert router.metric("switchyard_cache_flights") == 0 and router.metric("switchyard_cache_waiting") == 0


class Party:
    """Clients that ask for the same stream."""

    def __init__(self, router, tag, stack, max_tokens=400, **directive):
        self.router, self.stack, self.clients = router, stack, []
        self.http = stack.enter_context(httpx.Client(timeout=30, verify=False))
        self.body = {
            "model": "solo", "stream": True, "temperature": 0, "max_tokens": max_tokens,
            "messages": prompt(f"{tag} ", **directive)}

    def join(self, **headers):
        """One more, once it has the head of its answer."""
        answer = self.stack.enter_context(self.http.stream(
            "POST", f"{self.router.url}/v1/chat/completions", json=self.body,
            headers={"authorization": "Bearer sy-key-of-acme", **headers}))
        self.clients.append(answer)
        answer.events = events(answer)
        return answer


def events(answer):
    text = ""
    for part in answer.iter_text():
        text += part
        while "\n\n" in text:
            event, text = text.split("\n\n", 1)
            yield event
    assert not text, f"the stream ends within an event: {text}"


@pytest.fixture
def party(single, tag):
    with contextlib.ExitStack() as stack:
        yield lambda **directive: Party(single, tag, stack, **directive)


def streams(simulator):
    """Streams that the provider is sending at this moment."""
    return json.loads(get(f"{simulator.url}/sim/stats")[1])["active_streams"]


@pytest.mark.parametrize("count", [1, 20])
def test_followers_read_a_stream_while_it_comes(party, single, alpha, calls, count):
    party = party(tokens=40, per_token="100ms")
    leader = party.join()
    begin = [next(leader.events) for _ in range(3)]
    followers = [party.join() for _ in range(count)]
    for follower in followers:
        assert [next(follower.events) for _ in range(3)] == begin
    assert streams(alpha) == 1, "the provider has yet to send the rest"
    bodies = [begin + list(answer.events) for answer in party.clients]
    assert all(body == bodies[0] for body in bodies) and bodies[0][-1] == "data: [DONE]" and calls() == 1
    for follower in followers:
        assert status(follower) == "switchyard; fwd=miss; collapsed"
        assert follower.headers["content-type"] == leader.headers["content-type"]
        line = single.access_log(follower.headers["x-request-id"])
        assert (line["cache"], line["status"], line["attempts"], line["stream"]) == ("collapsed", 200, 0, True)
        assert "input_tokens" not in line and "error_type" not in line
    assert single.access_log(leader.headers["x-request-id"])["cache"] == "miss"
    assert eventually(lambda: single.metric("switchyard_cache_flights") == 0)
    replayed = party.join()
    assert status(replayed).startswith("switchyard; hit") and list(replayed.events) == bodies[0]
    assert set(replayed.headers) - {"content-length"} == set(followers[0].headers) - {"transfer-encoding"}


@pytest.mark.parametrize("count", [2, 20])
def test_streams_that_are_asked_for_at_once_are_one_call(single, tag, calls, count):
    def ask(_):
        answer = httpx.post(
            f"{single.url}/v1/chat/completions", timeout=30, verify=False, headers={"authorization": "Bearer sy-key-of-acme"},
            json={"model": "solo", "stream": True, "temperature": 0, "messages": prompt(f"{tag} ", ttft="500ms", per_token="100ms")})
        return status(answer), answer.content
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        answers = list(pool.map(ask, range(count)))
    texts = sorted(text for text, _ in answers)
    assert texts[0] == "switchyard; fwd=miss" and texts[1] == "switchyard; fwd=miss; collapsed"
    assert all("collapsed" in text or "hit" in text for text in texts[1:])
    assert len({body for _, body in answers}) == 1 and calls() == 1


def test_a_follower_takes_a_request_and_no_tokens(party):
    party = party(tokens=20, per_token="50ms")
    leader = party.join()
    next(leader.events)
    followers = [party.join() for _ in range(3)]
    bodies = [list(answer.events) for answer in party.clients]
    assert bodies[0][-3:] == bodies[3][-3:] and all("collapsed" in status(answer) for answer in followers)
    after = party.join()

    def left(answer, unit):
        return int(answer.headers[f"x-ratelimit-remaining-{unit}"])
    assert left(leader, "requests") - left(after, "requests") == 4
    assert left(after, "tokens") >= left(followers[0], "tokens"), "what was reserved for those who followed came back"


def test_a_follower_that_leaves_harms_nobody(party, single, calls):
    party = party(tokens=30, per_token="50ms")
    leader, gone, other = (party.join() for _ in range(3))
    begin = [next(answer.events) for answer in party.clients]
    gone.close()
    rest = [list(answer.events) for answer in (leader, other)]
    assert len(set(begin)) == 1 and rest[0] == rest[1] and rest[0][-1] == "data: [DONE]" and calls() == 1
    line = single.access_log(gone.headers["x-request-id"])
    assert line["client_gone"] is True and (line["cache"], line["error_source"]) == ("collapsed", "client")


def test_a_leader_that_leaves_leaves_the_stream_to_the_others(party, single, alpha, calls):
    party = party(tokens=30, per_token="50ms")
    leader, *others = (party.join() for _ in range(3))
    for answer in party.clients:
        next(answer.events)
    leader.close()
    bodies = [list(answer.events) for answer in others]
    assert bodies[0] == bodies[1] and bodies[0][-1] == "data: [DONE]" and calls() == 1
    line = single.access_log(leader.headers["x-request-id"])
    assert line["client_gone"] is True and line["cache"] == "miss" and line["output_tokens"] == 30
    assert single.access_log(others[0].headers["x-request-id"]).get("error_source") is None
    assert eventually(lambda: status(party.join()).startswith("switchyard; hit"))


def test_the_provider_is_let_go_once_nobody_reads(party, single, alpha, tag, calls):
    party = party(tokens=400, per_token="50ms")
    for _ in range(3):
        next(party.join().events)
    for answer in party.clients:
        answer.close()
    assert alpha.cancellation(alpha.log(tag)[0]["id"]) and calls() == 1
    assert eventually(lambda: single.metric("switchyard_cache_flights") == 0)


@pytest.mark.parametrize("fault, code", [
    ({"reset": "mid_stream"}, "upstream_stream_broken"), ({"close": "mid_stream"}, "upstream_stream_broken"),
    ({"error_event": "true"}, None)])
def test_all_who_read_learn_that_a_stream_broke(party, single, calls, fault, code):
    party = party(tokens=40, per_token="100ms", after_chunks=20, **fault)
    for _ in range(4):
        next(party.join().events)
    rests = [list(answer.events) for answer in party.clients]
    assert all(rest == rests[0] for rest in rests) and calls() == 1
    error = json.loads(rests[0][-1].removeprefix("data: "))["error"]
    assert len(rests[0]) > 1 and error["message"] and (code is None or error["code"] == code)
    assert not any("[DONE]" in event for event in rests[0])
    lines = [single.access_log(answer.headers["x-request-id"]) for answer in party.clients]
    assert {line["error_source"] for line in lines} == {"provider"} and len({line["error_type"] for line in lines}) == 1
    assert eventually(lambda: single.metric("switchyard_cache_flights") == 0)


def test_who_waits_for_the_begin_of_a_stream_that_fails_tries_again(single, tag, calls):
    def ask(_):
        return httpx.post(
            f"{single.url}/v1/chat/completions", timeout=30, verify=False, headers={"authorization": "Bearer sy-key-of-acme"},
            json={"model": "solo", "stream": True, "temperature": 0,
                  "messages": prompt(f"{tag} ", status=500, first=1, id="a", ttft="500ms")})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes[:7] == [200] * 7 and codes[7] >= 500 and calls() == 2, codes
    assert len({answer.content for answer in answers if answer.status_code == 200}) == 1


def test_a_stream_that_is_too_large_to_be_kept_is_read_to_its_end(party, single, calls):
    party = party(tokens=2_000, per_token="2ms", max_tokens=2_000)
    for _ in range(3):
        next(party.join().events)
    rests = [list(answer.events) for answer in party.clients]
    assert all(rest == rests[0] for rest in rests) and rests[0][-1] == "data: [DONE]" and len(rests[0]) > 1_900
    assert "collapsed" in status(party.clients[1])
    # Who comes once it is too large makes a call of its own.
    assert calls() <= 2 and status(party.join()) == "switchyard; fwd=miss"


def test_a_leader_with_little_time_does_not_end_it_for_others(party, single, calls):
    party = party(tokens=30, per_token="100ms")
    leader = party.join(**{"x-request-timeout-ms": "1000"})
    next(leader.events)
    follower = party.join()
    cut = list(leader.events)
    assert json.loads(cut[-1].removeprefix("data: "))["error"]["code"] == "deadline_exceeded"
    assert list(follower.events)[-1] == "data: [DONE]" and calls() == 1
    line = single.access_log(leader.headers["x-request-id"])
    assert line["error_type"] == "deadline" and line["output_tokens"] == 30


def test_what_is_kept_serves_where_no_endpoint_may_be_called(start, tag, calls):
    router = start(ttl="2s", sie="60s")
    ask = asking(router, tag)
    assert ask().status_code == 200
    assert ask(text="another", directive={"status": 429, "retry_after": 60}).status_code == 429
    before = calls()
    answer = ask()
    assert answer.status_code == 200 and "hit" in answer.headers["cache-status"]
    assert eventually(lambda: "detail=STALE" in ask().headers["cache-status"], 10) and ask().status_code == 200
    refused = ask(text="unknown")
    assert refused.status_code == 503 and refused.json()["error"]["code"] == "no_endpoint_available"
    assert calls() == before
