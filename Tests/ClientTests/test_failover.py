"""What happens when providers fail: who answers instead, what the client is told, and that nothing is tried in vain."""

import json
import re
import socket
import threading

import httpx
import pytest

from support import CLIENT_KEY, PROVIDER_KEY, eventually, get, prompt

# What the simulator does, and whether the same endpoint is worth another try once every candidate was tried.
FAULTS = {
    "500": ({"status": 500}, True), "503": ({"status": 503}, True), "529": ({"status": 529}, True),
    "429": ({"status": 429, "retry_after": 1}, False), "408": ({"status": 408}, False), "409": ({"status": 409}, False),
    "reset": ({"reset": "before_first_byte"}, True), "close": ({"close": "before_first_byte"}, True),
    "stall": ({"stall": "before_first_byte"}, True), "garbage": ({"garbage": "true"}, True),
    "oversized": ({"oversized_header": 400_000}, True), "malformed": ({"malformed_json": "true"}, True),
    "empty": ({"empty": "true"}, True), "redirect": ({"redirect": "http://127.0.0.1:1/v1"}, False),
    "credential": ({"status": 401}, False), "half": ({"reset": "mid_stream"}, True),
}

# Without another candidate: the status, the code, and the attempts (of at most three).
ENDS = {
    "reset": (502, "upstream_reset", 3), "close": (502, "upstream_reset", 3), "stall": (504, "upstream_timeout", 3),
    "garbage": (502, "upstream_invalid_answer", 3), "oversized": (502, "upstream_invalid_answer", 3),
    "malformed": (502, "upstream_invalid_answer", 3), "empty": (502, "upstream_invalid_answer", 3),
    "redirect": (502, "upstream_redirect", 1), "credential": (502, "upstream_credential_refused", 1),
    "half": (502, "upstream_reset", 3),
}


@pytest.fixture
def router(fresh_router):
    return fresh_router


@pytest.fixture
def http(router):
    with httpx.Client(base_url=router.url, headers={"authorization": f"Bearer {CLIENT_KEY}"}, timeout=15) as client:
        yield client


def plain_and_streamed(names):
    """Each fault for both kinds of answer, but for those that show only when a stream has begun."""
    return [(name, stream) for name in names for stream in (False, True) if not stream or name not in ("half", "malformed")]


def chat(http, model, text="Say something.", stream=False, /, **directive):
    body = {"model": model, "messages": prompt(text, **directive), "stream": stream}
    return http.post("/v1/chat/completions", json=body)


def assert_openai_error(answer, status, code):
    """An error in OpenAI's shape, with a message that a person can act on."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "code", "param", "source"}
    assert error["code"] == code and error["type"] and len(error["message"]) > 20
    assert answer.headers["x-request-id"]
    return error


# Somebody else answers


@pytest.mark.parametrize("name, stream", plain_and_streamed(FAULTS))
def test_the_fallback_model_answers_where_the_first_fails_before_its_first_byte(http, alpha, beta, tag, name, stream):
    directive, _ = FAULTS[name]
    answer = chat(http, "first", tag, stream, model="sim-a", **directive)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-switchyard-model"] == "second" and answer.headers["x-switchyard-deployment"] == "sim-b"
    assert (answer.headers["x-switchyard-attempts"], answer.headers["x-switchyard-fallback"]) == ("2", "1")
    assert (len(alpha.log(tag)), len(beta.log(tag))) == (1, 1)
    assert beta.log(tag)[0]["headers"]["x-switchyard-attempt"] == "2"
    assert answer.text.rstrip().endswith("data: [DONE]") if stream else answer.json()["choices"]


@pytest.mark.parametrize("name", ["503", "reset", "429"])
def test_another_deployment_of_the_same_model_answers_without_a_fallback(http, tag, name):
    directive, _ = FAULTS[name]
    for _ in range(6):
        answer = chat(http, "pair", tag, model="sim-a", **directive)
        assert answer.status_code == 200 and answer.headers["x-switchyard-deployment"] == "sim-b"
        assert answer.headers["x-switchyard-attempts"] in ("1", "2") and "x-switchyard-fallback" not in answer.headers


def test_both_deployments_of_a_model_are_used(http):
    served = {chat(http, "pair").headers["x-switchyard-deployment"] for _ in range(30)}
    assert served == {"sim-a", "sim-b"}


@pytest.mark.parametrize("model", ["dead-first", "refused-first"])
def test_the_fallback_answers_for_a_provider_that_refuses_connections_or_our_key(http, model):
    answer = chat(http, model)
    assert (answer.status_code, answer.headers["x-switchyard-fallback"]) == (200, "1")


def test_a_fault_that_passes_is_retried_at_the_same_endpoint(http, alpha, tag):
    answer = chat(http, "solo", tag, status=503, first=2, id=tag)
    assert (answer.status_code, answer.headers["x-switchyard-attempts"]) == (200, "3")
    assert [entry["status"] for entry in alpha.log(tag)] == [503, 503, 200]


# Nobody else can


@pytest.mark.parametrize("name, stream", plain_and_streamed(ENDS))
def test_the_client_is_told_clearly_where_nobody_else_can_answer(http, alpha, tag, name, stream):
    (directive, _), (status, code, attempts) = FAULTS[name], ENDS[name]
    error = assert_openai_error(answer := chat(http, "solo", tag, stream, **directive), status, code)
    assert error["source"] == "provider" and error["param"] is None
    assert len(alpha.log(tag)) == attempts
    assert answer.headers["x-should-retry"] == "false", "all attempts are spent, or none would help"


@pytest.mark.parametrize("name", ENDS)
def test_errors_after_attempts_say_how_many_there_were(http, name):
    answer = chat(http, "solo", **FAULTS[name][0])
    assert answer.headers["x-switchyard-attempts"] == str(ENDS[name][2])


@pytest.mark.parametrize("model, code", [("dead", "upstream_unreachable"), ("refused", "upstream_credential_refused")])
def test_a_provider_that_refuses_connections_or_our_key_is_named_as_such(http, model, code):
    error = assert_openai_error(chat(http, model), 502, code)
    assert "127.0.0.1" not in json.dumps(error)


@pytest.mark.parametrize("name, attempts", [("500", 3), ("503", 3), ("429", 1), ("408", 1), ("409", 1)])
def test_the_providers_last_answer_is_passed_on(http, alpha, tag, name, attempts):
    answer = chat(http, "solo", tag, **FAULTS[name][0])
    assert answer.status_code == int(name) and answer.json()["error"]["message"]
    assert answer.headers["x-switchyard-attempts"] == str(attempts) == str(len(alpha.log(tag)))
    assert answer.headers.get("x-should-retry") == ("false" if attempts == 3 else None)
    assert answer.headers.get("retry-after") == ("1" if name == "429" else None)


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_mistake_of_the_client_is_not_tried_elsewhere(http, alpha, beta, tag, status):
    answer = chat(http, "first", tag, status=status)
    assert (answer.status_code, answer.headers["x-switchyard-attempts"]) == (status, "1")
    assert (len(alpha.log(tag)), len(beta.log(tag))) == (1, 0)


@pytest.mark.parametrize("directive", [{"status": 413}, {"status": 429, "body": "large"}])
def test_a_request_that_is_too_large_for_one_may_fit_another(http, alpha, beta, tag, directive):
    body = directive.get("body") and json.dumps({"error": {"message": "Request too large for sim-a", "code": "rate_limit_exceeded"}})
    alpha_rule = {"match": {"model": "sim-a"}, "fault": {**directive, **({"body": body} if body else {})}}
    get(f"{alpha.url}/sim/faults", "PUT", json.dumps([alpha_rule]).encode())
    try:
        for _ in range(2):  # it says nothing of the endpoint
            answer = chat(http, "first", tag)
            assert (answer.status_code, answer.headers["x-switchyard-attempts"]) == (200, "2")
        assert (len(alpha.log(tag)), len(beta.log(tag))) == (2, 2)
    finally:
        get(f"{alpha.url}/sim/faults", "DELETE")


def test_a_credential_that_was_refused_is_not_tried_again(http, alpha, tag):
    for attempts in ("2", "1"):
        answer = chat(http, "refused-first", tag)
        assert answer.status_code == 200 and answer.headers["x-switchyard-attempts"] == attempts
        assert answer.headers["x-switchyard-fallback"] == "1"
    assert len(alpha.log(tag)) == 1
    error = assert_openai_error(answer := chat(http, "refused", tag), 503, "no_endpoint_available")
    assert "refuses the router's credential" in error["message"] and answer.headers["x-should-retry"] == "false"


def test_a_fallback_answers_for_an_endpoint_that_asked_to_be_left_alone(http, router, alpha, tag):
    for attempts in ("2", "1", "1"):
        answer = chat(http, "first", tag, model="sim-a", status=429, retry_after=30)
        assert answer.status_code == 200 and answer.headers["x-switchyard-attempts"] == attempts
    assert len(alpha.log(tag)) == 1
    assert router.metric("switchyard_fallbacks_total", reason="breaker_open") == 2
    answer = chat(http, "solo", tag)
    error = assert_openai_error(answer, 503, "no_endpoint_available")
    assert "sim-a: its endpoint: asked to be left alone, for" in error["message"]
    assert 28 <= int(answer.headers["retry-after"]) <= 33 and "127.0.0.1" not in error["message"]


def test_a_mistake_whose_reason_cannot_be_read_keeps_its_status(http, alpha, tag):
    answer = chat(http, "first", tag, status=422, body="oops")
    error = assert_openai_error(answer, 422, "refused_by_provider")
    assert error["type"] == "invalid_request_error" and "422" in error["message"]
    assert answer.headers["x-should-retry"] == "false" and len(alpha.log(tag)) == 1


@pytest.mark.parametrize("model, cap", [("once", 1), ("capped", 2), ("first", 3)])
@pytest.mark.parametrize("name", ["503", "reset", "garbage"])
def test_no_more_attempts_are_made_than_configured(http, alpha, beta, tag, model, cap, name):
    answer = chat(http, model, tag, **FAULTS[name][0])
    assert answer.status_code in (502, 503) and answer.headers["x-should-retry"] == "false"
    assert len(alpha.log(tag)) + len(beta.log(tag)) == cap
    assert int(answer.headers.get("x-switchyard-attempts", cap)) == cap


def test_the_deadline_holds_for_all_attempts_together(http, alpha, tag):
    body = {"model": "first", "messages": prompt(tag, stall="before_first_byte"), "stream": True}
    answer = http.post("/v1/chat/completions", json=body, headers={"x-request-timeout-ms": "1500"})
    assert_openai_error(answer, 504, "deadline_exceeded")
    assert 1.3 < answer.elapsed.total_seconds() < 2.2


# After the first byte


def raw_stream(router, model="first", options=None, /, **directive):
    """The bytes of a streamed answer, framing included, up to the end of the connection."""
    body = json.dumps(
        {"model": model, "messages": prompt(**directive), "stream": True, "stream_options": options}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {CLIENT_KEY}\r\nconnection: close\r\n"
    with socket.create_connection(("127.0.0.1", router.port), timeout=30) as wire:
        wire.sendall(head.encode() + f"content-length: {len(body)}\r\n\r\n".encode() + body)
        return b"".join(iter(lambda: wire.recv(65536), b""))


def unchunked(body):
    """The data of a chunked body, which must be well-formed to its end."""
    data = b""
    while True:
        size, body = body.split(b"\r\n", 1)
        count = int(size, 16)
        assert body[count:count + 2] == b"\r\n"
        data, body = data + body[:count], body[count + 2:]
        if count == 0:
            assert body == b""
            return data.decode()


@pytest.mark.parametrize("name, directive", [
    ("reset", {"reset": "mid_stream", "after_chunks": 4}), ("close", {"close": "mid_stream", "after_chunks": 4}),
    ("error_event", {"error_event": "true", "after_chunks": 4}),
])
def test_a_stream_that_breaks_ends_in_an_error_event_and_a_whole_body(router, beta, name, directive):
    head, body = raw_stream(router, "first", per_token="5ms", tokens=8, **directive).split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 200 ") and b"transfer-encoding: chunked" in head.lower()
    events = unchunked(body).rstrip("\n").split("\n\n")
    assert "[DONE]" not in events[-1] and "[DONE]" not in body.decode()
    last = json.loads(events[-1].split("data: ", 1)[1])
    assert last["error"]["message"] and last["error"]["type"]
    for event in events[1:-1]:
        json.loads(event.removeprefix("data: "))


@pytest.mark.parametrize("fault", ["malformed_sse", "malformed_json"])
def test_events_that_the_router_does_not_understand_pass_through_unharmed(router, alpha, fault):
    options = {"include_usage": True}
    through = unchunked(raw_stream(router, "solo", options, tokens=6, **{fault: "true"}).split(b"\r\n\r\n", 1)[1])
    body = {"model": "sim-a", "messages": prompt(tokens=6, **{fault: "true"}), "stream": True, "stream_options": options}
    direct = httpx.post(
        f"{alpha.url}/v1/chat/completions", json=body, headers={"authorization": f"Bearer {PROVIDER_KEY}"}).text
    assert without_numbers(through) == without_numbers(direct)


def without_numbers(text):
    """The simulator numbers its answers."""
    return re.sub(r"chatcmpl-\d+", "chatcmpl-N", text)


def test_a_responses_stream_that_breaks_ends_in_an_event_of_its_own_kind(http):
    answer = http.post("/v1/responses", json={
        "model": "first", "input": "Hello [[sim:reset=mid_stream,after_chunks=4,per_token=5ms]]", "stream": True})
    name, data = answer.text.rstrip("\n").split("\n\n")[-1].split("\n")
    error = json.loads(data.removeprefix("data: "))
    assert name == "event: error" and error["type"] == "error" and error["code"] == "upstream_stream_broken"
    assert "response.completed" not in answer.text


def test_a_stream_that_stalls_midway_ends_in_an_error_event(serve):
    router = serve(server="  body_timeout: 3s")
    router.config.write_text(router.config.read_text().replace("idle_timeout: 30s", "idle_timeout: 1s"))
    router.signal(1)
    assert eventually(lambda: router.metric("switchyard_config_reloads_total", result="applied"))
    body = raw_stream(router, stall="mid_stream", after_chunks=4).split(b"\r\n\r\n", 1)[1]
    assert json.loads(unchunked(body).rstrip("\n").split("\n\n")[-1].removeprefix("data: "))["error"]["code"] == "upstream_timeout"
    assert router.unsettled() == {}


def test_a_stream_that_breaks_is_not_tried_again(http, alpha, beta, tag):
    answer = chat(http, "first", tag, True, reset="mid_stream", after_chunks=4, per_token="5ms")
    assert answer.headers["x-switchyard-attempts"] == "1"
    assert (len(alpha.log(tag)), len(beta.log(tag))) == (1, 0)


def test_slow_but_steady_answers_are_waited_for(http):
    answer = chat(http, "solo", tokens=4, slow_body="2ms")
    assert answer.status_code == 200 and answer.headers["x-switchyard-attempts"] == "1"


def test_an_answer_too_large_to_be_held_passes_through(http):
    answer = chat(http, "solo", tokens=400_000)
    assert answer.status_code == 200 and len(answer.json()["choices"][0]["message"]["content"].split()) == 400_000


def test_many_failing_exchanges_at_once_leave_nothing_behind(router):
    faults = [directive for name, (directive, _) in FAULTS.items() if name != "stall"]

    def work(client):
        for directive in faults:
            chat(client, "first", model="sim-a", **directive)

    with httpx.Client(base_url=router.url, headers={"authorization": f"Bearer {CLIENT_KEY}"}, timeout=30) as client:
        threads = [threading.Thread(target=work, args=(client,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert router.unsettled() == {}
